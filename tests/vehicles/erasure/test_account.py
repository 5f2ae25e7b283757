"""Erasing an account: a week in which it can be called back, then nobody who could be named is left."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection

from dimo import statements
from dimo.api import keys
from dimo.users.models import User
from dimo.wallets.models import Wallet
from tests.licensing import factories as licensing
from tests.unions import factories as unions
from tests.vehicles.erasure import world as leaving
from tests.vehicles.factories import make_user
from unions.models import ConsentEvent, Membership
from unions.roles import LastSteward
from vehicles.erasure import asking, certificate, due, running
from vehicles.models import Device, ErasureCertificate, ImportBatch, Vehicle

pytestmark = pytest.mark.django_db(transaction=True)
NOW, WEEK = leaving.NOW, timedelta(days=7)


def full_account() -> User:
    source = leaving.full_vehicle()
    person = source.vehicle.owner
    person.set_password("secret of Ada's")
    person.save()
    leaving.waiting_import(source.vehicle)
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    Wallet.objects.create(user=person, address="0x" + "a" * 40)
    keys.issue_key(user=person, label="Ada's key", scopes=["driver"], expires_at=None)
    apps.get_model("axes", "AccessAttempt").objects.create(username=person.email, failures_since_start=1)
    return person


def everything_stored() -> str:
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        text = []
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{name}\" t")
            text.append(cursor.fetchone()[0])
    return "\n".join(text)


def test_after_its_week_no_name_address_or_key_of_the_person_is_in_any_row():
    person = full_account()
    known = [person.email, "Ada", "Blue", "drives.csv", "My box", "Aunt", "0x" + "a" * 40, person.password]
    assert [word for word in known if word not in everything_stored()] == []
    asked = asking.erase_account(person=person, now=NOW)
    assert running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK - timedelta(seconds=1)).state == "waiting"
    assert due.due_erasures(now=NOW + WEEK) == [asked.pk]
    done = running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK)
    assert done.state == "done"
    stored = everything_stored()
    assert [word for word in known if word in stored] == []
    assert (Vehicle.objects.count(), Device.objects.count(), ImportBatch.objects.count()) == (0, 0, 0)
    person.refresh_from_db()
    assert (person.is_active, person.has_usable_password(), person.name) == (False, False, "")
    assert [letter.to for letter in mail.outbox] == [[known[0]]] * 2
    running.run_erasure(erasure_id=asked.pk, now=NOW + 2 * WEEK)
    assert (ErasureCertificate.objects.count(), len(mail.outbox)) == (1, 2)


def test_keys_consents_and_memberships_end_at_once_and_what_comes_in_the_week_goes_too():
    row = unions.member(now=NOW)
    person, union, salt = row.member, row.union, bytes(row.vehicle.salt)
    unions.allow(row, "battery", "exact", now=NOW)
    key, _ = keys.issue_key(user=person, label="k", scopes=["driver"], expires_at=None)
    asked = asking.erase_account(person=person, now=NOW + timedelta(hours=1))
    row.refresh_from_db()
    key.refresh_from_db()
    assert (row.state, key.revoked_at is None) == ("left", False)
    assert ConsentEvent.objects.filter(kind="withdraw").count() >= 1
    late = leaving.full_vehicle(person)
    running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK + timedelta(hours=1))
    assert leaving.tables_naming(late.vehicle_id) == set()
    kept = Vehicle.objects.get(pk=row.vehicle_id)
    assert (kept.make, kept.nickname, kept.powertrain, kept.retired_at is None) == ("", "", "", False)
    assert bytes(kept.salt) != salt
    assert Membership.objects.filter(union=union, member=person).count() == 1


def test_who_alone_runs_an_open_union_is_told_to_hand_it_over_first():
    union = unions.union()
    with pytest.raises(LastSteward, match="Nobody else runs"):
        asking.erase_account(person=union.seats.get().user, now=NOW)


def test_no_dataset_holds_a_vehicle_from_the_moment_of_asking_even_if_its_consent_stood(monkeypatch):
    union = licensing.union()
    for room in ("unions", "vehicles"):
        assert room in {each.name for each in asking.topmost_first()}
    rows = [unions.member(union) for _ in range(2)]
    for row in rows:
        unions.allow(row, "battery", "exact")
    monkeypatch.setattr(asking, "topmost_first", list)  # no room withdraws anything
    asking.erase_vehicle(owner=rows[0].member, vehicle=rows[0].vehicle, now=NOW)
    from unions.selectors import leaving_memberships

    assert leaving_memberships() == {rows[0].pk}


def test_the_certificate_verifies_offline_and_no_changed_one_does(tmp_path):
    source = leaving.full_vehicle()
    owner = source.vehicle.owner
    asked = asking.erase_vehicle(owner=owner, vehicle=source.vehicle, now=NOW)
    running.run_erasure(erasure_id=asked.pk, now=NOW)
    secret = certificate.link_secret(erasure_id=asked.pk)
    document = certificate.certificate_behind(erasure_id=asked.pk, secret=secret).document
    (tmp_path / "c.json").write_text(document)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [statements.public_jwk()]}))
    assert verify(tmp_path, "c.json", "keys.json") == verify(tmp_path, "c.json") == (0, "GOOD:")
    changed = json.loads(document)
    changed["statement"]["erased"]["vehicles_trip"] += 1
    (tmp_path / "bad.json").write_text(json.dumps(changed))
    assert verify(tmp_path, "bad.json", "keys.json") == (1, "BAD:")
    (tmp_path / "other.json").write_text(json.dumps({"keys": [statements.public_jwk(bytes(32))]}))
    assert verify(tmp_path, "c.json", "other.json") == (1, "BAD:")
    told = (owner.email, str(owner.public_id), str(source.vehicle.public_id), "Ada", "Blue", leaving.VIN)
    assert [word for word in told if word in document] == []
    with pytest.raises(certificate.CertificateUnknown):
        certificate.certificate_behind(erasure_id=asked.pk, secret=secret[:-1] + "_")


def verify(folder, *names) -> tuple[int, str]:
    script = settings.BASE_DIR / "scripts" / "verify_certificate.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), *names], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.split()[0]


def test_the_verifier_imports_nothing_of_ours():
    text = (settings.BASE_DIR / "scripts" / "verify_certificate.py").read_text()
    imported = {line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imported <= {"base64", "json", "pathlib", "sys", "typing", "cryptography"}


def test_an_issued_certificate_cannot_be_changed_and_a_done_erasure_not_be_called_back():
    from django.db import DatabaseError, transaction

    person = make_user()
    asked = asking.erase_account(person=person, now=NOW)
    running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK)
    for act in (
        lambda: ErasureCertificate.objects.update(document=""),
        lambda: ErasureCertificate.objects.all().delete(),
        lambda: type(asked).objects.update(state="canceled", done_at=None),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
