"""The database refuses shares that the evidence does not bear out, and every later change."""

import psycopg
import pytest
from psycopg import errors

from dimo.runtime.postgres import APP, OWNER
from rewards.models import Settlement, Share
from rewards.settlement import settle_license
from tests.rewards.factories import NOW, delivered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(services):
    with services.postgres.connect(OWNER) as session:
        yield session


@pytest.fixture
def forger(superuser: psycopg.Connection) -> psycopg.Connection:
    """A settled license whose settlement and shares are put aside, to be written again, forged."""
    license, _ = delivered()
    settle_license(license_id=license.pk, now=NOW)
    superuser.execute("CREATE TEMP TABLE settled AS TABLE rewards_settlement")
    superuser.execute("CREATE TEMP TABLE shared AS TABLE rewards_share")
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("DELETE FROM rewards_share; DELETE FROM rewards_settlement")
    superuser.execute("SET session_replication_role = origin")
    return superuser


def write(session: psycopg.Connection, *, settlement: str = "", share: str = "", where: str = "true") -> None:
    """Write the rows again with some columns changed."""
    if settlement:
        session.execute(f"UPDATE settled SET {settlement}")
    if share:
        session.execute(f"UPDATE shared SET {share}")
    with session.transaction():
        session.execute("INSERT INTO rewards_settlement TABLE settled")
        session.execute(f"INSERT INTO rewards_share SELECT * FROM shared WHERE {where}")


def refused(session: psycopg.Connection, **forgery: str) -> str | None:
    with pytest.raises(psycopg.IntegrityError) as refusal:
        write(session, **forgery)
    assert not Settlement.objects.exists()
    return refusal.value.diag.constraint_name


def test_what_was_true_is_accepted_again(forger):
    write(forger)
    assert Share.objects.count() == 6


@pytest.mark.parametrize(
    ("forgery", "constraint"),
    [
        ({"settlement": "union_amount = union_amount + 1"}, "every_unit_of_a_price_is_accounted_for"),
        (
            {"settlement": "union_amount = -1, protocol_amount = protocol_amount + union_amount + 1"},
            "no_part_of_a_price_is_negative",
        ),
        ({"settlement": "union_id = gen_random_uuid()"}, "settlement_and_license_of_one_union"),
        ({"settlement": "contributors = 5"}, "shares_sum_to_their_settlement"),
        ({"share": "amount = amount + 1"}, "shares_sum_to_their_settlement"),
        ({"where": "vehicle_id <> (SELECT min(vehicle_id) FROM shared)"}, "shares_sum_to_their_settlement"),
        ({"share": "rows = rows + 1"}, "a_share_pays_a_contribution"),
        ({"share": "weight = weight + 1"}, "a_share_pays_a_contribution"),
        ({"share": "member_id = (SELECT max(id) FROM dimo_user)"}, "a_share_pays_a_contribution"),
        ({"share": "vehicle_id = -vehicle_id"}, "a_share_pays_a_contribution"),
        ({"where": "false"}, "a_settlement_has_its_shares"),
    ],
)
def test_a_forged_settlement_is_refused(forger, forgery, constraint):
    assert refused(forger, **forgery) == constraint


def test_a_negative_share_is_refused_even_if_the_sum_is_right(forger):
    lowest = "(SELECT min(vehicle_id) FROM shared)"
    moved = f"CASE vehicle_id WHEN {lowest} THEN amount - 10^12 WHEN {lowest} + 1 THEN amount + 10^12 ELSE amount END"
    assert refused(forger, share=f"amount = {moved}") == "a_share_is_not_negative"


CHANGES = [
    "UPDATE rewards_settlement SET rows = rows + 1",
    "DELETE FROM rewards_settlement",
    "TRUNCATE rewards_settlement CASCADE",
    "UPDATE rewards_share SET amount = 0",
    "DELETE FROM rewards_share",
    "TRUNCATE rewards_share",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_settlement_never_changes(services, owner, change):
    license, _ = delivered()
    settle_license(license_id=license.pk)
    with pytest.raises(errors.RestrictViolation):
        owner.execute(change)
    with services.postgres.connect(APP) as application, pytest.raises(errors.InsufficientPrivilege):
        application.execute(change)
    assert Share.objects.count() == 6
