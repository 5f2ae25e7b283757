"""Sealing moves a day from PostgreSQL into the lake: every value once, readable throughout, late ones too."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.vehicles.store import world
from vehicles.models import SealedDay
from vehicles.store import days, late, passes, reading, seal, table

pytestmark = pytest.mark.django_db(transaction=True)


def hot_rows() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM late_message)")
        return cursor.fetchone()


def test_a_sealed_day_reads_as_it_did_before_also_when_its_partition_is_gone():
    sources = world.fleet(days=2)
    before = world.everything(sources)
    assert before.num_rows == 3 * 2 * 40 * 3
    moved = seal.seal_day(day=world.DAY, now=world.NOW)
    assert (moved.step, moved.rows) == ("sealed", 3 * 40 * 3)
    assert world.everything(sources).equals(before)
    done = passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    assert [each.step for each in done] == ["dropped"]
    assert hot_rows() == (3 * 40, 0)
    assert world.everything(sources).equals(before)


def test_doubts_about_values_move_with_them():
    [source] = world.fleet(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO message (ts, vehicle_id, source_id, sig, val, flag)"
            " VALUES (%s, %s, %s, '{6,14,43}', '{1,2,3}', '{2,0,4}')",
            [world.START + days.ONE / 4, source.vehicle_id, source.pk],
        )
    before = world.everything([source])
    assert sorted(before.column("flag").to_pylist())[-3:] == [0, 2, 4]
    seal.seal_day(day=world.DAY, now=world.NOW)
    assert world.everything([source]).equals(before)


def test_inside_a_transaction_the_same_is_read_and_its_own_rows_too():
    sources = world.fleet(days=2)
    seal.seal_day(day=world.DAY, now=world.NOW)
    before = world.everything(sources)
    with transaction.atomic():
        assert world.everything(sources).equals(before)
        world.store(sources[0], world.messages(world.START + 3 * days.ONE, count=1))
        assert world.everything(sources).num_rows == before.num_rows + 3
        transaction.set_rollback(True)
    assert world.everything(sources).equals(before)


def test_messages_of_a_sealed_day_are_those_that_were_stored():
    [source] = world.fleet(1)
    stretch = [(world.START, world.START + days.ONE)]
    before = reading.messages(vehicle_id=source.vehicle_id, stretches=stretch)
    seal.seal_day(day=world.DAY, now=world.NOW)
    after = reading.messages(vehicle_id=source.vehicle_id, stretches=stretch)
    assert len(after) == 40
    for one, other in zip(before, after, strict=True):
        assert (one.ts, one.source_id) == (other.ts, other.source_id)
        assert dict(zip(one.sig, one.val, strict=True)) == dict(zip(other.sig, other.val, strict=True))
    assert reading.messages(vehicle_id=source.vehicle_id, stretches=stretch, source_id=source.pk + 1) == []


def test_what_comes_late_is_read_at_once_and_moved_by_the_next_pass():
    sources = world.fleet()
    seal.seal_day(day=world.DAY, now=world.NOW)
    late_ones = world.messages(world.START + days.ONE / 4, count=7)
    assert world.store(sources[0], late_ones).stored == 21
    assert hot_rows()[1] == 7
    with_late = world.everything(sources)
    assert with_late.num_rows == 3 * 40 * 3 + 21
    assert late.waiting_days() == [world.DAY]
    [moved] = passes.seal_due_days(now=world.NOW, day=world.DAY)
    assert (moved.step, moved.rows) == ("late", 21)
    assert hot_rows()[1] == 0
    assert world.everything(sources).equals(with_late)
    row = SealedDay.objects.get()
    assert (row.rows, row.version, len(row.files)) == (with_late.num_rows, 2, 2)
    assert late.seal_late(day=world.DAY) is None


def test_what_a_sealed_day_holds_already_is_a_duplicate_when_it_comes_again():
    [source] = world.fleet(1)
    seal.seal_day(day=world.DAY, now=world.NOW)
    outcome = world.store(source, world.messages())
    assert (outcome.stored, outcome.duplicate) == (0, 120)
    assert hot_rows()[1] == 0


def test_a_day_of_many_late_passes_becomes_one_file_again(monkeypatch):
    monkeypatch.setattr(late, "MOST_FILES", 3)
    sources = world.fleet()
    seal.seal_day(day=world.DAY, now=world.NOW)
    counts = []
    for number in range(4):
        world.store(sources[0], world.messages(world.START + days.ONE * (number + 2) / 9, count=2))
        late.seal_late(day=world.DAY)
        counts.append(len(SealedDay.objects.get().files))
    assert counts == [2, 3, 1, 2]
    found = world.everything(sources)
    assert (found.num_rows, world.twice(found)) == (3 * 40 * 3 + 4 * 6, [])


def test_a_day_that_may_still_be_written_to_is_not_sealed():
    world.fleet(1)
    early = days.due_at(world.DAY) - days.ONE / 24
    with pytest.raises(days.DayNotDue, match="stays open until 2025-03-08 00:00"):
        seal.seal_day(day=world.DAY, now=early)
    assert not SealedDay.objects.exists()


def test_a_second_sealer_is_turned_away():
    world.fleet(1)
    with days.sealing_alone(), pytest.raises(days.SealerBusy):
        seal.seal_day(day=world.DAY, now=world.NOW)


def test_a_closed_partition_refuses_rows_by_itself():
    """Whatever a writer believes: this is what makes skipping the lock on recent days safe."""
    [source] = world.fleet(1)
    days.close(day=world.DAY, now=world.NOW)
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO message VALUES (%s, %s, 1, '{6}', '{1}')", [world.START, source.vehicle_id])
    assert world.everything([source]).num_rows == 120  # and readers still read it


def test_the_application_may_neither_close_an_open_day_nor_drop_one_that_is_not_sealed():
    world.fleet(1)
    for function, words in (("close_message_partition", "is open"), ("drop_message_partition", "is not sealed")):
        with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [world.DAY])


def test_a_sealed_day_gets_no_partition_again():
    world.fleet(1)
    seal.seal_day(day=world.DAY, now=world.NOW)
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_message_partitions(%s::date[])", [[world.DAY]])
        assert cursor.fetchone() == (0,)


def test_a_lake_that_holds_other_rows_than_were_read_is_written_over_and_never_trusted(monkeypatch):
    sources = world.fleet()
    before = world.everything(sources)
    real, broken = table.digest_of_files, iter([{1: (1, "1")}])
    monkeypatch.setattr(table, "digest_of_files", lambda *given: next(broken, None) or real(*given))
    seal.seal_day(day=world.DAY, now=world.NOW)
    assert SealedDay.objects.get().version == 2
    assert world.everything(sources).equals(before)
    world.store(sources[0], world.messages(world.START + days.ONE / 4, count=7))
    monkeypatch.setattr(table, "digest_of_files", lambda *given: {1: (1, "1")})
    with pytest.raises(seal.SealDiffers):
        late.seal_late(day=world.DAY)
    assert SealedDay.objects.get().version == 2  # readers keep what was recorded
    monkeypatch.undo()


def test_an_empty_day_is_sealed_without_a_file():
    world.fleet(1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM message")
    assert seal.seal_day(day=world.DAY, now=world.NOW).rows == 0
    assert SealedDay.objects.get().files == []
    assert seal.seal_day(day=world.DAY, now=world.NOW) is None
