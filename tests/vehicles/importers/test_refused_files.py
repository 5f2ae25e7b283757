"""Files that nobody can read: each is refused by a named error, never by a crash, and before it fills the memory."""

import io
import random
import tracemalloc
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vehicles.importers.files import (
    TWIZY_HEADER,
    export,
    geojson,
    point,
    read,
    teslafi_csv,
    teslafi_row,
    track,
    twizy_csv,
    twizy_row,
)  # fmt: skip
from vehicles.importers import envirocar, formats, teslafi, twizy
from vehicles.importers.parsed import (
    ColumnsMissing,
    FileCompressed,
    FileEmpty,
    FileNotText,
    FileRefused,
    FileTooLarge,
    FileTruncated,
    FormatUnknown,
    RowMalformed,
)  # fmt: skip

GOOD_TWIZY = twizy_csv(twizy_row("08:00:00"), twizy_row("08:00:01"))
GOOD_TESLAFI = teslafi_csv(teslafi_row("2020-01-01 10:00:00"), teslafi_row("2020-01-01 10:01:00"))
GOOD_TRACK = geojson(track(point("2017-04-21T12:41:05Z", Speed=3.0)))
NAMES = {twizy: "T3_04_22_2021_1.csv", teslafi: "TeslaFi12020.csv", envirocar: "track.geojson"}


def parse(tmp_path, parser, content):
    return read(parser.parse, export(tmp_path, NAMES[parser], content, "UTC"))


@pytest.mark.parametrize(
    ("parser", "content", "error", "line"),
    [
        (teslafi, b"", FileEmpty, None),
        (twizy, b"", FileEmpty, None),
        (envirocar, b" \n", FileEmpty, None),
        (twizy, TWIZY_HEADER + "\n", FileEmpty, None),
        (envirocar, geojson(track()), FileEmpty, None),
        (twizy, GOOD_TWIZY[:-40], RowMalformed, 3),
        (teslafi, GOOD_TESLAFI[:-60], RowMalformed, 3),
        (envirocar, GOOD_TRACK[:-60], FileTruncated, 1),
        (twizy, GOOD_TWIZY.replace("Soc,", ""), ColumnsMissing, 1),
        (teslafi, "a,b,c\n1,2,3\n", ColumnsMissing, 1),
        (teslafi, GOOD_TESLAFI.replace("odometer", "state"), ColumnsMissing, 1),
        (teslafi, random.Random(1).randbytes(5000), FileRefused, None),
        (twizy, b"\x89PNG\r\n\x1a\n\0\0\0", FileNotText, 1),
        (envirocar, random.Random(2).randbytes(5000), FileNotText, 1),
        (twizy, GOOD_TWIZY.encode("utf-16"), FileNotText, 1),
        (twizy, GOOD_TWIZY.replace("Clouds", "Nuageux é", 1).encode("latin-1"), FileNotText, 2),
        (twizy, GOOD_TWIZY + "x" * 100_000, RowMalformed, 4),
        (twizy, GOOD_TWIZY + '04/22/2021,"08:00:02' + "\n,,," * 40_000, RowMalformed, None),
        (envirocar, '{"a":' * 1_000_000, RowMalformed, 1),
        (envirocar, '{"]}":[{"}": 1}, ' * 300_000, RowMalformed, 1),
        (envirocar, '{"' + '\\"' * 1_000_000, FileTruncated, 1),
        (envirocar, b'{"type": "\xff"}', FileNotText, None),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_by_name_and_line(tmp_path, parser, content, error, line):
    with pytest.raises(error) as refused:
        parse(tmp_path, parser, content)
    assert line is None or refused.value.line == line
    assert str(refused.value)


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(ColumnsMissing, match="odometer") as refused:
        parse(tmp_path, teslafi, GOOD_TESLAFI.replace(",odometer", ""))
    assert refused.value.field == "odometer"


@pytest.mark.parametrize("cut", [4, 200, 0.5, 0.9, -1])
def test_parquet_that_is_cut_off_or_damaged_is_refused(tmp_path, cut):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"vehicle_id": ["a"] * 500, "lat": [1.0] * 500}), buffer)
    whole = buffer.getvalue()
    with pytest.raises(FileRefused):
        parse(tmp_path, envirocar, whole[: int(cut * len(whole)) if isinstance(cut, float) else cut])


def test_an_endless_line_is_refused_in_little_memory(tmp_path):
    file = export(tmp_path, NAMES[twizy], TWIZY_HEADER.encode() + b"\n" + b"1," * 20_000_000, "UTC")
    tracemalloc.start()
    with pytest.raises(RowMalformed, match="Line 2 is longer than"):
        read(twizy.parse, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


@pytest.mark.parametrize("start", [b"PK\x03\x04....", b"\x1f\x8b\x08.....", b"BZh91AY&", b"7z\xbc\xaf'\x1c.."])
def test_archives_are_refused_unopened_so_that_no_bomb_goes_off(start):
    with pytest.raises(FileCompressed):
        formats.check_file(name="a.csv", size=100, start=start, format=twizy.FORMAT)


@pytest.mark.parametrize(
    ("name", "size", "error"),
    [
        ("a.csv", 0, FileEmpty),
        ("a.csv", formats.LARGEST_FILE + 1, FileTooLarge),
        ("a.xlsx", 10, FileRefused),
        ("noending", 10, FileRefused),
    ],
)
def test_the_first_look_refuses_what_no_parser_should_open(name, size, error):
    with pytest.raises(error):
        formats.check_file(name=name, size=size, start=b"Date,Tim", format=twizy.FORMAT)


def test_a_format_we_do_not_read_is_refused_with_those_we_do():
    with pytest.raises(FormatUnknown, match="envirocar, teslafi, twizy"):
        formats.format_named("geotab")


@pytest.mark.parametrize("parser", NAMES, ids=lambda module: module.__name__)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_changed_in_a_file_it_is_read_or_refused(tmp_path_factory, parser, data):
    good = {twizy: GOOD_TWIZY, teslafi: GOOD_TESLAFI, envirocar: GOOD_TRACK}[parser].encode()
    at = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 30))
    content = good[:at] + data.draw(st.binary(max_size=30)) + good[at + length :]
    folder = tmp_path_factory.mktemp("changed")
    with suppress(FileRefused):
        messages, _, _ = parse(folder, parser, content)
        assert all(found.message.ts.tzinfo is not None for found in messages)
