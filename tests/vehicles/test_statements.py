"""Statements that go to libpq directly: the same values, errors and transactions as Django's own."""

from datetime import UTC, date, datetime

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from vehicles import copying, statements
from vehicles.quality import Row
from vehicles.statements import Write

pytestmark = pytest.mark.django_db
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


def echoed(kind, value):
    [[(answer,)]] = statements.ask([(f"SELECT %s::{kind}", [value])])
    return answer


class Values(TestCase):
    @given(TEXT)
    def test_texts_come_back_as_they_went(self, text):
        assert echoed("text", text) == text

    @given(st.lists(st.none() | TEXT, max_size=5))
    def test_lists_of_texts_too(self, texts):
        assert echoed("text[]", texts) == texts

    @given(st.lists(st.binary(max_size=40), max_size=4))
    def test_and_of_bytes(self, blobs):
        assert [bytes(blob) for blob in echoed("bytea[]", blobs)] == blobs

    @given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), st.floats(allow_nan=False))
    def test_and_numbers(self, numbers, number):
        assert echoed("int8[]", numbers) == numbers
        assert echoed("float8", number) == number

    @given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_and_moments(self, moment):
        assert echoed("timestamptz", moment) == moment
        assert echoed("timestamptz[]", [moment, moment]) == [moment, moment]


def test_other_values_come_back_too():
    assert echoed("bool", True) is True
    assert echoed("bool[]", [True, False]) == [True, False]
    assert echoed("date", date(2026, 3, 1)) == date(2026, 3, 1)
    assert bytes(echoed("bytea", b"\x00\xff")) == b"\x00\xff"
    assert echoed("int4", None) is None


def test_a_nul_is_refused_rather_than_cut_off():
    for value in ("a\0b", ["a\0b"]):
        with pytest.raises(DataError):
            echoed("text[]" if isinstance(value, list) else "text", value)


@pytest.mark.django_db(transaction=True)
def test_a_refused_write_is_djangos_error_and_the_transaction_goes_back():
    day = Write("INSERT INTO reading_count VALUES (1, %s, 1, 0)", (date(2026, 1, 1),))
    with pytest.raises(IntegrityError):
        written_twice(day)
    assert counted() == 0
    with transaction.atomic():
        statements.run([day])
    assert counted() == 1


@transaction.atomic
def written_twice(write):
    statements.run([write])
    statements.run([write])


def counted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading_count")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_question_that_fails_leaves_the_connection_of_use():
    with pytest.raises(DataError), transaction.atomic():
        statements.ask([("SELECT %s::int4", [1]), ("SELECT 1 / %s::int4", [0]), ("SELECT %s::int4", [2])])
    assert statements.ask([("SELECT %s::int4", [3]), ("SELECT %s::int4", [4])]) == [[(3,)], [(4,)]]


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_refused_stores_nothing():
    row = copying.encode([Row(datetime(2026, 1, 1, tzinfo=UTC), [6], [50.0], [0])], vehicle_id=1, source_id=1)
    with pytest.raises(IntegrityError, match="no partition"), transaction.atomic():
        statements.copy(copying.STATEMENT, copying.HEADER + row + copying.TRAILER)
    with pytest.raises(DataError), transaction.atomic():
        statements.copy(copying.STATEMENT, b"no copy at all, though long enough")
    assert echoed("int4", 5) == 5


@pytest.mark.django_db(transaction=True)
def test_a_copy_goes_back_with_its_transaction():
    with transaction.atomic():
        statements.copy("COPY reading_count FROM STDIN", b"1\t2026-01-01\t1\t0\n")
        transaction.set_rollback(True)
    assert counted() == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_is_told_and_the_next_one_prepares_anew():
    assert echoed("int4", 1) == 1
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    for act in (
        lambda: echoed("int4", 1),
        lambda: statements.run([Write("DELETE FROM reading_count WHERE source_id = %s::int4", (1,))]),
        lambda: statements.copy(copying.STATEMENT, copying.HEADER + copying.TRAILER),
    ):
        with pytest.raises(OperationalError):
            act()
    connection.close()
    assert echoed("int4", 1) == 1
