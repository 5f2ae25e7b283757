"""From the queue to the server: signed at the moment of sending, packed, and sent again only where that can help."""

import gzip
import http.client
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import rfc8785

from commons_device.envelopes import BATCH, DeviceClient
from commons_device.errors import DeviceError, Mismatch, Unreachable
from commons_device.queue import Event, Queue
from commons_device.readings import stamp

FIRST_WAIT, LONGEST_WAIT, TIMEOUT = 1.0, 300.0, 30.0
EVENTS_IN_A_REQUEST = 20
CLOCK = "The server refused signatures of this device's clock, which may be wrong. What was measured waits."
UNREGISTERED = "The server does not know this device: pair it with its vehicle. What was measured waits."


class Answer(NamedTuple):
    """What the server said; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Post = Callable[[str, bytes, Mapping[str, str]], Answer]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One request.

    Raises:
        Unreachable
    """
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - the owner's own server
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            return Answer(answer.status, lower(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, lower(error.headers), b"" if error.fp is None else error.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{url} does not answer: {error}.") from error


def lower(headers: Message) -> dict[str, str]:
    """Headers by their names in lower case, whichever way the server writes them."""
    return {name.lower(): value for name, value in headers.items()}


def moment_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Sender:
    """Empties a queue. `attempts` None: until the server answers; the clock, chance and network may be replaced."""

    client: DeviceClient
    queue: Queue
    url: str
    attempts: int | None = None
    send: Post = post
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], datetime] = moment_now
    chance: Callable[[float, float], float] = random.uniform
    most: int = EVENTS_IN_A_REQUEST
    failures: int = field(default=0, init=False)

    def drain(self) -> int:
        """Send until nothing waits; how many readings the server has answered for.

        Raises:
            Unreachable: after as many attempts as are allowed.
            DeviceError: the server refuses for a reason that another attempt does not change.
        """
        answered = 0
        while events := self.queue.prepare(subject=self.client.subject, most=self.most, now=self.now()):
            try:
                answer = self.send(self.url, self.body(events), HEADERS)
            except Unreachable as error:
                self.wait(str(error))
                continue
            if answer.status == 429 or answer.status >= 500:
                self.wait(f"The server answered {answer.status}.", answer.headers.get("retry-after"))
            elif answer.status == 413:
                self.shrink(events)
            elif answer.status != 200:
                raise DeviceError(refusal(answer))
            else:
                answered += self.settle(events, answer.body)
        return answered

    def body(self, events: Sequence[Event]) -> bytes:
        """A packed batch, signed now."""
        signed = []
        for event in events:
            signals = [reading._asdict() for reading in event.readings]
            signed.append(self.client.signed(signals, **event.members, signedat=stamp(self.now())))
        return gzip.compress(rfc8785.dumps(signed), compresslevel=6)

    def settle(self, events: Sequence[Event], body: bytes) -> int:
        """Strike out what was answered for; an answer that is none counts as a failure of the server."""
        try:
            results = json.loads(body)["results"]
            waiting = self.queue.settle(events, results, now=self.now())
        except (Mismatch, ValueError, LookupError, TypeError, AttributeError):
            self.wait(str(Mismatch()))
            return 0
        if waiting:
            raise DeviceError(CLOCK)
        self.failures = 0
        return sum(len(event.rows) for event in events)

    def shrink(self, events: Sequence[Event]) -> None:
        """The request was too large: fewer events in the next, or fewer readings in the event."""
        if len(events) > 1:
            self.most = len(events) // 2
        else:
            self.queue.split(events[0], now=self.now())

    def wait(self, why: str, retry_after: str | None = None) -> None:
        """Twice as long as the last time, between half of it and the whole by chance; never before the server asks.

        Raises:
            Unreachable
        """
        self.failures += 1
        if self.attempts is not None and self.failures >= self.attempts:
            raise Unreachable(why)
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self.failures - 1, 20))
        self.sleep(max(self.chance(most / 2, most), asked_for(retry_after, self.now())))


HEADERS = {"Content-Type": BATCH, "Content-Encoding": "gzip"}


def asked_for(retry_after: str | None, now: datetime) -> float:
    """The seconds of a Retry-After header in either of its forms; 0 where there is none."""
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def refusal(answer: Answer) -> str:
    """Why the server refuses, in its words where it has any."""
    try:
        told: dict[str, Any] = json.loads(answer.body)
        words = f"{told['detail']} ({told['code']})"
    except (ValueError, LookupError, TypeError):
        words = f"{answer.status} without a reason"
    return UNREGISTERED if answer.status == 401 else f"The server refuses: {words}. What was measured waits."
