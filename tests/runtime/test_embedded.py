"""The embedded services survive what happens to them."""

from pathlib import Path

import pytest
import redis

from dimo.runtime.chain import Chain, anvil_program
from dimo.runtime.machine import PROJECT
from dimo.runtime.parts import PartFailed
from dimo.runtime.ports import free_port
from dimo.runtime.postgres import APP, OWNER, Postgres
from dimo.runtime.valkey import Valkey
from tests.services import Services


@pytest.fixture
def postgres(services: Services, request: pytest.FixtureRequest):
    """A cluster beside the tests' own, where PostgreSQL's account may write."""
    cluster = Postgres(services.folder / "other", services.folder / "other.log", durable=False)
    yield cluster.start()
    cluster.stop()
    cluster.data.joinpath("commons.ready").unlink()  # the next one begins anew


@pytest.fixture
def valkey(tmp_path: Path):
    server = Valkey(tmp_path / "valkey", tmp_path / "valkey.log")
    yield server.start()
    server.stop()


def test_a_killed_postgres_starts_again_with_what_was_committed(postgres):
    with postgres.connect() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    postgres.kill()
    assert (postgres.data / "postmaster.pid").exists()
    postgres.start()
    with postgres.connect() as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]


def test_postgres_listens_on_no_port(postgres):
    with postgres.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_application_cannot_create_own_or_bypass(postgres):
    with postgres.connect() as connection:
        asked = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = ANY(%s)"
        assert set(connection.execute(asked, [[OWNER, APP]])) == {(False, False, False, False)}
        owned = "SELECT has_schema_privilege(%s, 'public', 'CREATE')"
        assert connection.execute(owned, [APP]).fetchone() == (False,)
        assert connection.execute(owned, [OWNER]).fetchone() == (True,)


def test_an_initdb_that_was_cut_short_is_begun_anew(services):
    cluster = Postgres(services.folder / "half", services.folder / "half.log", durable=False)
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("18\n")
    cluster.start()
    cluster.stop()


def test_a_killed_valkey_keeps_its_messages(valkey):
    with redis.Redis(port=valkey.port) as client:
        client.lpush("queue", "message")
    valkey.stop()
    valkey.start()
    valkey.kill()
    valkey.start()
    with redis.Redis(port=valkey.port) as client:
        assert client.lrange("queue", 0, -1) == [b"message"]
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_valkey_does_not_mistake_another_server_for_itself(valkey, tmp_path):
    second = Valkey(tmp_path / "second", tmp_path / "second.log", port=valkey.port)
    with pytest.raises(PartFailed):
        second.start(timeout=5)


@pytest.mark.skipif(anvil_program(PROJECT) is None, reason="no local chain is installed: npm ci did not run")
def test_the_chain_keeps_its_state_and_survives_an_unreadable_one(tmp_path):
    program = anvil_program(PROJECT)
    assert program is not None
    chain = Chain(program, tmp_path / "chain", tmp_path / "chain.log", free_port()).start()
    try:
        chain.ask("evm_mine")
        chain.stop()
        chain.start()
        assert chain.ask("eth_blockNumber") == 1
        chain.stop()
        chain.state.write_text("{ half a")
        chain.start()
        assert chain.state.with_suffix(".unreadable.json").read_text() == "{ half a"
    finally:
        chain.stop()
