"""Statistics of an enumeration tell words and their shares; a mean of codes would tell nothing."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from licensing.datasets import inputs as tables
from licensing.datasets import manifest, query
from tests.licensing.test_query import SIGNALS, SOC, consent, hot, vehicles
from vehicles.signals import by_name

WORDS = pa.table([[SOC] * 3, [1.0, 2.0, 3.0], ["LOW", "NORMAL", "HIGH"]], schema=query.WORD_SCHEMA)


def written(tmp_path, rows, words=WORDS, count=6):
    spans = [(v, SOC, True, 0, 9000) for v in range(1, count + 1)]
    given = query.Inputs(
        hot(rows), consent(*spans), vehicles(count), SIGNALS, query.TWIN_SCHEMA.empty_table(), words=words
    )
    path = tmp_path / "statistics.parquet"
    told = query.write_statistics(inputs=given, path=path, spill=tmp_path / "spill", k=5)
    return told, pq.read_table(path).to_pylist()


def test_each_word_has_the_share_of_the_vehicles_that_told_it(tmp_path):
    rows = [(v, minute, 1, {SOC: 1.0 if minute < 3 else 3.0}) for v in range(1, 7) for minute in range(4)]
    told, found = written(tmp_path, rows)
    assert {row["word"]: (row["mean"], row["vehicles"]) for row in found} == {"LOW": (0.75, 5), "HIGH": (0.25, 5)}
    assert told.per_vehicle == dict.fromkeys(range(1, 7), 4)


def test_a_word_of_too_few_is_left_out_and_cannot_be_derived(tmp_path):
    rows = [(v, minute, 1, {SOC: 2.0}) for v in range(1, 7) for minute in range(4)]
    rows += [(v, 10, 1, {SOC: 3.0}) for v in (1, 2)]
    told, found = written(tmp_path, rows)
    [row] = found
    assert row["word"] == "NORMAL"
    assert told.per_vehicle == dict.fromkeys(range(1, 7), 4)
    assert row["mean"] == pytest.approx((4 + 2 * 0.8) / 6, abs=1e-3)


def test_a_code_without_a_word_is_in_no_row(tmp_path):
    rows = [(v, minute, 1, {SOC: 9.0}) for v in range(1, 7) for minute in range(4)]
    assert written(tmp_path, rows) == (query.Written(0, {}), [])


def test_files_without_enumerations_keep_their_columns(tmp_path):
    rows = [(v, minute, 1, {SOC: 50.0}) for v in range(1, 7) for minute in range(4)]
    _, [row] = written(tmp_path, rows, words=query.WORD_SCHEMA.empty_table())
    assert list(row) == ["signal", "day", "vehicles", "mean"]


def test_the_manifest_describes_the_words_where_there_are_any():
    number, word = by_name["speed"], by_name["powertrainType"]
    named = [[one["name"] for one in manifest.columns(s, statistics=True)] for s in ([number], [number, word])]
    assert named == [["signal", "day", "vehicles", "mean"], ["signal", "day", "vehicles", "mean", "word"]]
    assert tables.word_table([number, word]).to_pylist()[0] == {"signal_id": 16, "code": 1.0, "word": "COMBUSTION"}
