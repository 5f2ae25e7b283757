"""Killed anywhere, a build is done again from the start: delivered once, nothing left held, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections

from dimo.ledger.models import Account
from dimo.ledger.selectors import balance_of
from licensing import tasks
from licensing.datasets import claims, delivery, files
from licensing.datasets.build import PHASES, build_dataset
from licensing.datasets.consented import read_consent
from licensing.licenses import buy_license
from licensing.models import Contribution, Dataset, License
from tests.licensing import factories as make
from tests.unions import factories as unions

pytestmark = pytest.mark.django_db(transaction=True)
LATER = make.NOW + claims.STALE_AFTER + timedelta(seconds=1)


@pytest.fixture
def license():
    union = make.union()
    make.fleet(union, 6)
    return make.license(union)


def in_threads(count: int, act) -> list:
    """Results or errors of `act(number)` run at once."""
    gate, found = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        try:
            gate.wait(20)
            found[number] = act(number)
        except Exception as error:
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def assert_delivered_once(license: License) -> None:
    license.refresh_from_db()
    assert license.state == License.State.DELIVERED
    dataset = Dataset.objects.get(license=license)
    rows = Contribution.objects.filter(license=license).values_list("rows", flat=True)
    assert (sum(rows), len(rows)) == (dataset.rows, 6)
    assert sorted(path.name for path in (files.lake() / dataset.folder).iterdir()) == ["manifest.json", "rows.parquet"]
    assert not (files.lake() / "building" / str(license.pk)).exists()
    assert balance_of(kind=Account.Kind.ESCROW, asset="EURC", owner=license.pk) == license.price


@pytest.mark.parametrize("phase", PHASES)
def test_a_builder_killed_as_a_phase_begins_is_replaced(license, phase):
    command = [sys.executable, "-m", "tests.licensing.killed_builder", str(license.pk), phase]
    dead = subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ, capture_output=True, timeout=120, check=False)
    assert dead.returncode == -signal.SIGKILL, dead.stderr.decode()
    license.refresh_from_db()
    assert license.state == License.State.BUILDING
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)  # too early: the claim is fresh
    assert not Dataset.objects.exists()
    assert claims.waiting_licenses(now=LATER) == [license.pk]
    build_dataset(license_id=license.pk, clock=lambda: LATER)
    assert_delivered_once(license)


def test_files_placed_by_an_attempt_that_never_committed_are_replaced(license):
    orphan = files.lake() / files.folder_of(license.pk, 0)
    orphan.mkdir(parents=True)
    (orphan / "rows.parquet").write_bytes(b"half")
    (orphan / "stray").write_bytes(b"")
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    assert_delivered_once(license)


def test_an_attempt_that_was_taken_for_dead_cannot_deliver(license):
    def overtaken(phase: str) -> None:
        if phase == "Describing the file" and not Dataset.objects.exists():
            build_dataset(license_id=license.pk, clock=lambda: LATER)

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=overtaken)
    assert_delivered_once(license)
    license.refresh_from_db()
    assert license.attempts == 2


def test_eight_workers_on_one_license_deliver_it_once(license):
    results = in_threads(8, lambda number: build_dataset(license_id=license.pk, clock=lambda: make.NOW))
    assert results == [None] * 8
    assert_delivered_once(license)
    license.refresh_from_db()
    assert license.attempts == 1


def test_a_delivered_license_is_not_built_again(license):
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    build_dataset(license_id=license.pk, clock=lambda: LATER)
    assert_delivered_once(license)
    assert claims.waiting_licenses(now=LATER) == []


def test_after_five_attempts_the_price_comes_back(license):
    for number in range(claims.MOST_ATTEMPTS):
        assert claims.claim_license(license_id=license.pk, now=make.NOW + number * timedelta(minutes=1))
    assert claims.claim_license(license_id=license.pk, now=make.NOW + timedelta(minutes=9)) is None
    license.refresh_from_db()
    assert (license.state, license.failure) == (License.State.REFUNDED, "build_failed")
    assert balance_of(kind=Account.Kind.ESCROW, asset="EURC", owner=license.pk) == 0


def test_a_dead_attempt_can_neither_refund_nor_report(license):
    first = claims.claim_license(license_id=license.pk, now=make.NOW)
    second = claims.claim_license(license_id=license.pk, now=LATER)
    assert first != second
    with pytest.raises(claims.ClaimLost):
        delivery.give_up(license_id=license.pk, attempt=first, failure="too_few_members", now=LATER)
    progress = claims.Progress(license_id=license.pk, attempt=first, clock=lambda: LATER)
    with pytest.raises(claims.ClaimLost):
        progress.say("Reading measurements")


def test_consent_taken_back_in_mid_build_builds_again_without_it(license):
    row = license.union.memberships.first()
    make.member(license.union)

    def withdraw(phase: str) -> None:
        if phase == "Checking consent again":
            unions.allow(row, "battery", "off", now=make.NOW)
            unions.allow(row, "behavior", "off", now=make.NOW)

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=withdraw)
    assert_delivered_once(license)
    assert not Contribution.objects.filter(license=license, vehicle=row.vehicle).exists()
    consent = read_consent(license=license, now=make.NOW)
    assert bytes(license.datasets.get().consent_sha256) == consent.sha256


def test_consent_taken_back_by_too_many_refunds_the_license(license):
    rows = list(license.union.memberships.all()[:2])

    def withdraw(phase: str) -> None:
        if phase == "Checking consent again":
            for row in rows:
                for signal_class in ("battery", "behavior"):
                    unions.allow(row, signal_class, "off", now=make.NOW)

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=withdraw)
    license.refresh_from_db()
    assert (license.state, license.failure) == (License.State.REFUNDED, "too_few_members")
    assert not (files.lake() / "licenses" / str(license.pk)).exists()


def test_two_purchases_with_money_for_one_buy_one(license):
    buyer = make.buyer(balance=license.price)
    asked = [make.quote(license.quote.offer, buyer) for _ in range(2)]
    person = make.person(buyer)
    results = in_threads(2, lambda n: buy_license(quote_id=asked[n].pk, organization=buyer, user=person, now=make.NOW))
    codes = sorted(getattr(result, "code", "bought") for result in results)
    assert codes == ["bought", "insufficient_balance"]
    assert balance_of(kind=Account.Kind.BUYER, asset="EURC", owner=buyer.pk) == 0


def test_eight_purchases_of_one_quote_buy_it_once(license):
    buyer = make.buyer()
    quote = make.quote(license.quote.offer, buyer)
    person = make.person(buyer)
    results = in_threads(8, lambda n: buy_license(quote_id=quote.pk, organization=buyer, user=person, now=make.NOW))
    codes = sorted(getattr(result, "code", "bought") for result in results)
    assert codes == ["bought"] + ["quote_already_bought"] * 7
    assert balance_of(kind=Account.Kind.BUYER, asset="EURC", owner=buyer.pk) == 10_000 * make.EURO - quote.price


def test_the_sweeper_finds_what_was_never_hinted(license):
    assert tasks.sweep_builds() == 1
    tasks.build_dataset(license_id=str(license.pk))
    assert_delivered_once(license)
    assert tasks.sweep_builds() == 0
