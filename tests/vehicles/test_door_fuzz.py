"""Whatever is posted is answered by a receipt or a named refusal, and a good event beside a bad one is stored."""

import gzip
import json
import random

import pytest
import rfc8785
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commons_device.envelopes import BATCH, DeviceClient
from tests.vehicles.devices import make_client, post, reading, stored
from vehicles.signals import SPEED

pytestmark = pytest.mark.django_db
TYPES = (BATCH, "application/cloudevents+json", "application/json", "application/json; charset=utf-16", "text/plain")
fuzz = settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
HUGE = st.sampled_from(
    [10**400, -(10**25), 2**63, 2**53 + 1, 1e308, -0.0, 5e-324, float("nan"), float("inf"), float("-inf")]
)
WORDS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "\ud800",
        "\udfff\ud800",
        "\x00",
        "\u202e",
        "1e999",
        "x" * 5000,
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:60Z",
    ]
)
depths = st.integers(1, 150) | st.integers(1000, 100_000)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HUGE | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)
MOMENTS = st.sampled_from(
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999-14:00",
        "2026-11-22T12:00:01",
        "1",
        5,
        None,
        "1969-01-01T00:00:00Z",
    ]
)
signals = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["speed", "currentLocationCoordinates", "obdDTCList", "powertrainType"]) | anything,
        "timestamp": MOMENTS | anything,
        "value": anything,
    },
)
events = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("behavior.harshBraking") | anything,
        "timestamp": MOMENTS | anything,
        "durationNs": anything,
        "metadata": anything,
    },
)


def answered(response):
    """The answer's JSON; never a fault, and a refusal has a code and words."""
    assert response.status_code in {200, 400, 401, 413, 415}, response.content
    told = response.json()
    if response.status_code == 200:
        assert len(told["results"]) == told["accepted"] + told["duplicate"] + told["rejected"]
        assert all(each.get("code") for each in told["results"] if each["status"] == "rejected")
    else:
        assert told["code"]
        assert told["detail"]
    return told


def signed_loosely(device: DeviceClient, event) -> bytes:
    """An event of any shape under a true signature where it has a canonical form, else under a made-up one."""
    try:
        return json.dumps(device.sign(event)).encode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError):
        return json.dumps(event | {"signature": "0x" + "ab" * 64 + "1b"}).encode()


@fuzz
@given(
    body=st.binary(max_size=400),
    encoding=st.sampled_from(["identity", "gzip", "zstd", "br"]),
    kind=st.sampled_from(TYPES),
)
def test_any_bytes_in_any_packing_are_answered(client, body, encoding, kind):
    answered(client.generic("POST", "/api/v1/ingest", body, kind, headers={"Content-Encoding": encoding}))


@fuzz
@given(value=anything, encoding=st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1"]), packed=st.booleans())
def test_any_json_in_any_writing_is_answered(client, value, encoding, packed):
    body = json.dumps([value], ensure_ascii=encoding == "utf-8").encode(encoding, errors="replace")
    for pack, name in ((gzip.compress, "gzip"), (zstandard.compress, "zstd")) if packed else ((bytes, "identity"),):
        answered(post(client, pack(body), **{"Content-Encoding": name}))


@pytest.fixture
def device():
    return make_client()


def beside_a_good_one(client, device, bad: bytes, place: int) -> None:
    """Posts a bad event before or after a good one, which must be stored."""
    value = random.random() * 200
    good = json.dumps(device.signed([reading(value=value)])).encode()
    told = answered(post(client, b"[" + b",".join([bad, good] if place else [good, bad]) + b"]"))
    assert told["results"][place]["status"] == "accepted", told
    assert value in stored(device.vehicle)[SPEED]


def is_balanced(text: bytes) -> bool:
    """Whether nothing in it, as a quote or a bracket, could take a neighbor for its own."""
    return not set(text) & set(b'"\\[]{},')


@fuzz
@given(
    changes=st.dictionaries(
        st.sampled_from(
            [
                *("id", "source", "type", "subject", "producer", "time", "sequence", "signedat", "data", "specversion"),
                "new",
            ]
        ),
        anything | MOMENTS,
        max_size=3,
    ),
    dropped=st.sets(st.sampled_from(["id", "type", "subject", "producer", "time", "sequence", "signedat"]), max_size=2),
    place=st.integers(0, 1),
)
def test_a_changed_envelope_takes_no_neighbor_along(client, device, changes, dropped, place):
    event = {name: value for name, value in device.event([reading()]).items() if name not in dropped}
    beside_a_good_one(client, device, signed_loosely(device, event | changes), place)


data_of_any_shape = st.fixed_dictionaries(
    {},
    optional={
        "signals": st.lists(signals, max_size=5) | anything,
        "events": st.lists(events, max_size=3) | anything,
        "vin": anything,
    },
)


@fuzz
@given(data=data_of_any_shape, place=st.integers(0, 1))
def test_data_of_any_shape_takes_no_neighbor_along(client, device, data, place):
    beside_a_good_one(client, device, signed_loosely(device, device.event([]) | {"data": data}), place)


@fuzz
@given(depth=depths, member=st.sampled_from(["data", "value", "metadata", "new"]), place=st.integers(0, 1))
def test_nesting_without_end_takes_no_neighbor_along(client, device, depth, member, place):
    event, inner = device.signed([reading()]), "[" * depth + "]" * depth
    raw = json.dumps(event)
    if member == "value":
        raw = raw.replace('"value": 50.0', f'"value": {inner}')
    elif member == "metadata":
        raw = raw.replace('"data": {', f'"data": {{"events": [{{"name": "a", "metadata": {inner}}}], ')
    else:
        raw = raw[:-1] + f', "{member}": {inner}}}'
    beside_a_good_one(client, device, raw.encode(), place)


@fuzz
@given(
    bad=st.sampled_from(
        [b"NaN", b'{"data": Infinity}', b"-Infinity", b"", b"nul", b"01", b"{'a': 1}", b'{"a" 1]', b"5 5"]
    )
    | st.binary(max_size=40).filter(is_balanced),
    place=st.integers(0, 1),
)
def test_what_is_no_json_takes_no_neighbor_along(client, device, bad, place):
    beside_a_good_one(client, device, bad, place)


@fuzz
@given(
    cuts=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=4),
    canonical=st.booleans(),
)
def test_a_valid_body_with_bytes_changed_anywhere_is_answered(client, device, cuts, canonical):
    event = device.signed([reading(), reading("isIgnitionOn", True)])
    body = bytearray(rfc8785.dumps([event, event]) if canonical else json.dumps([event, event]).encode())
    for at, length, new in cuts:
        at %= len(body)
        body[at : at + length] = new
    answered(post(client, bytes(body)))


@fuzz
@given(member=st.sampled_from(["signature", "signedat", "sequence", "data", "id", "producer"]), value=anything)
def test_a_member_told_twice_is_answered(client, device, member, value):
    raw = rfc8785.dumps(device.signed([reading()])).decode()
    twice = f'"{member}":{json.dumps(value)},'
    answered(post(client, "[" + "{" + twice + raw[1:] + "," + raw[:-1] + "," + twice[:-1] + "}]"))


@fuzz
@given(
    marks=st.lists(
        st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"NaN", b"{}", b'"a"', "good"]), max_size=40
    )
)
def test_any_row_of_marks_is_answered(client, device, marks):
    good = json.dumps(device.signed([reading()])).encode()
    body = b"".join(good if mark == "good" else mark for mark in marks)
    for whole in (body, b"[" + body + b"]", b"[" + good + b"," + body + b"," + good + b"]"):
        answered(post(client, whole))


ODD_HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Encoding", "Content-Length", "Accept", "Authorization", "Cookie", "Host", "X-Request-ID"]
    ),
    st.sampled_from(["", "gzip", "-1", "1e9", "x" * 3000, "Bearer \xff", "a=b; c", "*/*;q=9", "testserver", "\u00e9"]),
    max_size=3,
)


@fuzz
@given(
    method=st.sampled_from(["POST", "PUT", "GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "x"]),
    kind=st.sampled_from(
        [*TYPES, "", "application/json;", "multipart/form-data; boundary=x", "application/\u00e9", ";;;"]
    ),
    headers=ODD_HEADERS,
    query=st.sampled_from(["", "?a=%ff", "?" + "a=1&" * 2000, "?%00"]),
)
def test_any_method_type_and_headers_are_no_fault_of_ours(client, device, method, kind, headers, query):
    body = json.dumps([device.signed([reading()])])
    answer = client.generic(method, "/api/v1/ingest" + query, body, kind, headers=headers)
    assert 200 <= answer.status_code < 500
