"""What operators read and deploy says what the code does."""

import re

import yaml

from dimo.runtime.machine import PROJECT

OPERATING = (PROJECT / "docs" / "operating.md").read_text()
SETTINGS = (PROJECT / "dimo" / "settings.py").read_text()
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
REQUIRED = set(re.findall(r'required\("([A-Z_]+)"\)', SETTINGS))
READ = REQUIRED | set(re.findall(r'(?:environ\.get\(|environ\[|switched_on\()"([A-Z_]+)"', SETTINGS))
OWN_PROCESSES = ("web", "worker", "builds", "beat", "migrate")


def test_every_required_variable_is_documented_as_such():
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEY"} == REQUIRED
    assert [name for name in REQUIRED if f"`{name}` *" not in OPERATING] == []


def test_every_required_variable_is_given_to_every_container():
    for name in OWN_PROCESSES:
        assert set(COMPOSE["services"][name]["environment"]) >= REQUIRED, name


def test_compose_gives_no_variable_that_nothing_reads():
    for name in OWN_PROCESSES:
        assert set(COMPOSE["services"][name]["environment"]) - READ == set(), name


def test_only_migrations_connect_as_owner():
    users = {
        name: COMPOSE["services"][name]["environment"]["DATABASE_URL"].split("://")[1].split(":")[0]
        for name in OWN_PROCESSES
    }
    assert users == {**dict.fromkeys(OWN_PROCESSES, "dimo_app"), "migrate": "dimo_owner"}


def test_only_the_web_opens_a_port_and_only_on_loopback():
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert [name for name, each in ports.items() if each] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])


def test_containers_and_the_supervisor_start_the_same_programs():
    supervisor = (PROJECT / "dimo" / "runtime" / "supervisor.py").read_text()
    image = (PROJECT / "Dockerfile").read_text()
    for target in ("dimo.asgi:application", "--respawn-failed-workers"):
        assert target in supervisor
        assert target in image
    commands = [service.get("command", []) for service in COMPOSE["services"].values()]
    queues = {command[command.index("-Q") + 1] for command in commands if "-Q" in command}
    assert queues == set(re.findall(r'"-Q", "(\w+)"', supervisor))


def test_files_that_are_named_exist():
    named = set(re.findall(r"`((?:dimo|docs|scripts|benchmarks)/[\w./-]+\.\w+)`", OPERATING))
    named |= set(re.findall(r"\]\(([\w./-]+)\)", (PROJECT / "README.md").read_text()))
    assert named
    assert [path for path in named if not (PROJECT / path).exists()] == []


def test_locks_hold_no_addresses():
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-node.txt",
        "requirements-bench.txt",
        "package-lock.json",
    ):
        text = (PROJECT / name).read_text()
        assert "://" not in text, name
        assert "hash=sha256" in text or '"integrity": "sha512' in text, name
