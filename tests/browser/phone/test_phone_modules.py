"""The app's modules in a real browser: what they write is what Python reads, and what they decide is decided once."""

import json
import math
import re
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.browser.phone.app import Open
from vehicles import envelope, p256
from vehicles.kinds import events

pytestmark = pytest.mark.django_db(transaction=True)
CALL = "async ([module, name, given]) => (await import(`/static/js/phone/${module}.js`))[name](...given)"
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
EDGES = [
    -0.0, 0, 1e21, 1e20, -1e21, 1e-6, 1e-7, 5e-324, 1.7976931348623157e308, 2**53 - 1, 0.1 + 0.2, 123456789012345680000,
    333333333.33333329, 4.5, 2e-3, 1e23, 9.999999999999997e22, -1e-7, 10.000001, "", "\0\x1f\x7f\"\\/\b\t\n\f\r",
    "€ ö 😂 דּ \u2028",
    {"€": 1, "\r": 2, "דּ": 3, "1": 4, "😂": 5, "\x80": 6, "ö": 7}, [], {}, [[None, True, False]],
]  # fmt: skip


@pytest.fixture
def page(visit: Open) -> Page:
    return visit("/healthz").page


def call(page: Page, module: str, name: str, *given: Any) -> Any:
    return page.evaluate(CALL, [module, name, list(given)])


WRITE_ALL = """async (texts) => {
  const { canonical } = await import("/static/js/phone/canonical.js");
  return texts.map((text) => canonical(JSON.parse(text)));
}"""


def number(digits: str) -> int | float:
    """As JavaScript reads them: what is beyond the integers that a double holds is a double."""
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


def test_numbers_and_texts_are_written_as_python_writes_them(page: Page) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.lists(values | numbers, min_size=20, max_size=60))
    def agree(batch: list[Any]) -> None:
        texts = [json.dumps(each) for each in [*batch, *EDGES]]
        written = page.evaluate(WRITE_ALL, texts)
        for sent, one in zip(texts, written, strict=True):
            read = json.loads(sent, parse_int=number)
            assert one.encode() == rfc8785.dumps(read), sent
            assert json.loads(one, parse_int=number) == read

    agree()


UNSAYABLE = ["NaN", "1/0", "undefined", '"\\ud800"', '"a\\udc00b"', "[() => 1]", "{ a: undefined }"]


def test_what_json_cannot_say_is_not_signed(page: Page) -> None:
    for bad in UNSAYABLE:
        script = f"""async () => {{
          const {{ canonical }} = await import("/static/js/phone/canonical.js");
          try {{ return canonical({bad}); }} catch (error) {{ return error.name; }}
        }}"""
        assert page.evaluate(script) == "TypeError", bad


def test_keys_cannot_be_read_and_their_signatures_pass_here(page: Page) -> None:
    made = page.evaluate(
        """async (text) => {
          const { makeKey, sign } = await import("/static/js/phone/keystore.js");
          const [one, two] = [await makeKey(), await makeKey()];
          const read = await crypto.subtle.exportKey("pkcs8", one.key).then(() => "read", (error) => error.name);
          const signatures = [];
          for (let n = 0; n < 40; n += 1) signatures.push(await sign(one.key, text));
          return { read, extractable: one.key.extractable, one: one.producer, two: two.producer, signatures };
        }""",
        "{“text”}",
    )
    assert (made["read"], made["extractable"]) == ("InvalidAccessError", False)
    assert made["one"] != made["two"]
    for signature in made["signatures"]:  # half of them had their upper s turned into the lower
        p256.check(did=made["one"], message="{“text”}".encode(), signature=signature)
        with pytest.raises(envelope.BadSignature):
            p256.check(did=made["two"], message="{“text”}".encode(), signature=signature)


def position(ts: float = 100_000.0, **coords: Any) -> dict[str, Any]:
    return {"timestamp": ts, "coords": {"latitude": 10.12345678, "longitude": -0.0000001, "accuracy": 4} | coords}


def test_a_position_becomes_a_reading_and_an_inexact_or_early_one_does_not(page: Page) -> None:
    def fix(given: dict[str, Any], **drive: Any) -> dict[str, Any]:
        return call(page, "fixes", "fixOf", given, {"since": 0, "now": 100_000} | drive)

    found = fix(position(altitude=12.34, heading=359.96, speed=10))
    assert {name: found[name] for name in ("latitude", "altitude", "heading", "speed")} == {
        "latitude": 10.123457, "altitude": 12.3, "heading": 360, "speed": 36,
    }  # fmt: skip
    bare = fix(position(altitude=None, heading=None, speed=None))
    assert bare.keys() == {"ts", "latitude", "longitude", "accuracy"}
    assert fix(position(speed=-1)).get("speed") is None
    assert fix(position(accuracy=50.01)) == {"left": "inexact"}
    assert fix(position(accuracy=None)) == {"left": "inexact"}
    assert fix(position(), since=100_001) == {"left": "early"}
    assert fix(position(), last={"ts": 99_500}) == {"left": "soon"}
    assert fix(position(ts=1.0), now=10**12)["ts"] == 10**12
    signals = call(page, "fixes", "signalsOf", found)
    assert [each["name"] for each in signals] == ["currentLocationCoordinates", "currentLocationAltitude", "speed"]
    assert signals[0]["value"].keys() == {"latitude", "longitude", "heading"}
    assert re.fullmatch(r"1970-01-01T00:01:40\.000Z", signals[0]["timestamp"])


def test_a_car_that_stands_drives_no_way(page: Page) -> None:
    way = page.evaluate(
        """async () => {
          const { createWay } = await import("/static/js/phone/fixes.js");
          const [still, moving] = [createWay(), createWay()];
          let [stood, moved] = [0, 0];
          for (let n = 0; n < 60; n += 1) {
            stood = still.step({ latitude: 10 + (n % 2) * 0.00005, longitude: 20, accuracy: 8 });
            moved = moving.step({ latitude: 10 + n * 0.0001, longitude: 20, accuracy: 5 });
          }
          return [stood, moved];
        }"""
    )
    assert way[0] == 0
    assert way[1] == pytest.approx(59 * 11.12, rel=0.04)


MANEUVER = """async ({ ahead, across, yaw, from, to, linear, tilt, seconds }) => {
  const { createMotion, eventOf } = await import("/static/js/phone/motion.js");
  const motion = createMotion();
  const [sin, cos] = [Math.sin(tilt), Math.cos(tilt)];
  const lying = (x, y, z) => ({ x, y: y * cos - z * sin, z: y * sin + z * cos });
  for (let t = 0; t <= 12_000; t += 20) {
    const on = t >= 5000 && t < 5000 + seconds * 1000;
    const acceleration = lying(on ? across : 0, on ? ahead : 0, Math.sin(t) * 0.2);
    const gravity = lying(0, 0, 9.81);
    const sum = { x: acceleration.x + gravity.x, y: acceleration.y + gravity.y, z: acceleration.z + gravity.z };
    const turn = lying(0, 0, on ? yaw : 0);
    const rotationRate = { beta: turn.x, gamma: turn.y, alpha: turn.z };
    motion.sample(t, { acceleration: linear ? acceleration : null, accelerationIncludingGravity: sum, rotationRate });
    const share = Math.max(0, Math.min(1, (t - 5000) / (seconds * 1000)));
    if (t % 1000 === 0) motion.speed(t, from + (to - from) * share);
  }
  const events = motion.take(12_000).map(eventOf);
  return { events, again: motion.take(20_000).length };
}"""
CALM = {"ahead": 0, "across": 0, "yaw": 0, "from": 50, "to": 50, "linear": True, "tilt": 0.7, "seconds": 2}


MANEUVERS: list[tuple[dict[str, Any], str | None]] = [
    ({"ahead": -4.0, "from": 50, "to": 22}, "behavior.harshBraking"),
    ({"ahead": -4.0, "from": 50, "to": 22, "linear": False}, "behavior.harshBraking"),
    ({"ahead": -8.0, "from": 90, "to": 33}, "behavior.extremeBraking"),
    ({"ahead": 3.6, "from": 20, "to": 46}, "behavior.harshAcceleration"),
    ({"across": 4.5, "yaw": 20, "from": 46, "to": 46}, "behavior.harshCornering"),
    ({"across": 4.5, "yaw": -20, "from": 46, "to": 46, "tilt": -1.2}, "behavior.harshCornering"),
    ({"ahead": -2.5, "from": 50, "to": 32}, None),  # below the threshold
    ({"ahead": -6.0, "seconds": 0.2, "from": 50, "to": 46}, None),  # a pothole
    ({"ahead": -6.0, "from": 50, "to": 50}, None),  # the phone was moved, the car was not
    ({"ahead": -4.0, "from": 8, "to": 1}, None),  # parking
    ({"across": 4.5, "yaw": 0, "from": 46, "to": 46}, None),  # no turn
]


def test_a_harsh_maneuver_has_a_name_and_all_else_has_none(page: Page) -> None:
    for told, name in MANEUVERS:
        heard = page.evaluate(MANEUVER, CALM | told)
        assert [event["name"] for event in heard["events"]] == ([name] if name else []), told
        assert heard["again"] == 0
        for event in heard["events"]:
            assert name in events
            peak = json.loads(event["metadata"])["peak_ms2"]
            assert peak == pytest.approx(max(abs(told.get("ahead", 0)), abs(told.get("across", 0))), rel=0.2), told
            assert event["durationNs"] == pytest.approx(2e9, rel=0.35)
            assert event["timestamp"].startswith("1970-01-01T00:00:05")


def test_sensors_that_a_phone_lacks_are_no_trouble(page: Page) -> None:
    nothing = {"x": None, "y": None, "z": None}
    said = [
        {"acceleration": None, "accelerationIncludingGravity": None, "rotationRate": None},
        {"acceleration": nothing, "accelerationIncludingGravity": nothing, "rotationRate": {"alpha": None}},
        {"acceleration": nothing, "accelerationIncludingGravity": {"x": 0, "y": 0, "z": 9.81}, "rotationRate": None},
    ]
    left = page.evaluate(
        """async (said) => {
          const { createMotion } = await import("/static/js/phone/motion.js");
          const motion = createMotion();
          said.forEach((each, at) => motion.sample(at * 20, each));
          return motion.take(1e9).length;
        }""",
        said,
    )
    assert left == 0


def test_the_published_thresholds_are_those_in_force(page: Page) -> None:
    limits = page.evaluate("async () => (await import('/static/js/phone/motion.js')).THRESHOLDS")
    assert limits == {
        "braking": 3, "extremeBraking": 6, "acceleration": 3, "cornering": 3.5, "release": 2, "hold_ms": 400,
        "least_kmh": 10, "change_kmh": 5,
    }  # fmt: skip
    assert math.isclose(page.evaluate("async () => (await import('/static/js/phone/fixes.js')).WORST_M"), 50)
