"""The client from the command line: key, challenge, queue and upload."""

import argparse
import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from commons_device import keys, readings
from commons_device.envelopes import DeviceClient
from commons_device.errors import DeviceError, Unreachable
from commons_device.queue import Queue
from commons_device.readings import Line
from commons_device.sending import Sender

AT_ONCE = 500  # lines stored in one transaction
UPLOAD_EACH = 5.0  # seconds


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="device", description=__doc__)
    home = os.environ.get("COMMONS_DEVICE_HOME", Path.home() / ".commons-device")
    whole.add_argument("--home", type=Path, default=Path(home), help="folder of key and queue")
    verbs = whole.add_subparsers(dest="verb", required=True)
    verbs.add_parser("new", help="make a key and print its address")
    verbs.add_parser("address", help="print the address of the key")
    answer = verbs.add_parser("answer", help="sign the challenge of the pairing page")
    answer.add_argument("challenge", help="the whole text, in quotes")
    setup = verbs.add_parser("setup", help="remember where to send, and for which vehicle")
    setup.add_argument("--url", required=True, help="https://…/api/v1/ingest")
    setup.add_argument("--subject", required=True, help="urn:uuid:… or a DID of the vehicle")
    for name, words in (("add", "put readings into the queue"), ("run", "take readings and send them as they come")):
        verb = verbs.add_parser(name, help=f"{words}: lines of JSON from stdin, or")
        verb.add_argument("--csv", type=Path, help="a table with a column timestamp")
        verb.add_argument("--simulate", type=int, metavar="SECONDS", help="a made-up drive that ends now")
    send = verbs.add_parser("send", help="send what waits")
    send.add_argument("--attempts", type=int, help="give up after so many failures in a row")
    send.add_argument("--events", type=int, default=20, help="at most so many events in a request")
    verbs.add_parser("status", help="what waits, and what was refused")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; 0 done, 1 needs its owner, 2 could not be understood, 75 try again later."""
    asked = parser().parse_args(arguments)
    try:
        VERBS[asked.verb](asked)
    except Unreachable as error:
        complain(error)
        return 75
    except (DeviceError, OSError) as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def say(text: object) -> None:
    print(text, flush=True)  # noqa: T201 - a command's answer


def complain(error: Exception) -> None:
    print(error, file=sys.stderr, flush=True)  # noqa: T201 - a command's errors


def client_of(asked: argparse.Namespace, subject: str = "") -> DeviceClient:
    return DeviceClient(key=keys.load_key(asked.home / "key"), subject=subject)


def queue_of(asked: argparse.Namespace) -> Queue:
    return Queue(asked.home / "queue.sqlite")


def new(asked: argparse.Namespace) -> None:
    keys.create_key(asked.home / "key")
    address(asked)


def address(asked: argparse.Namespace) -> None:
    say(client_of(asked).address)


def answer(asked: argparse.Namespace) -> None:
    say(client_of(asked).answer(asked.challenge))


def setup(asked: argparse.Namespace) -> None:
    queue_of(asked).set(url=asked.url, subject=asked.subject)


def lines_of(asked: argparse.Namespace) -> Iterator[Line]:
    """Readings from where it was asked."""
    if asked.simulate:
        yield from readings.simulated(seconds=asked.simulate, until=datetime.now(UTC))
    elif asked.csv:
        with asked.csv.open(encoding="utf-8-sig", newline="") as table:
            yield from readings.from_csv(table)
    else:
        yield from readings.from_lines(sys.stdin)


def store(queue: Queue, lines: Iterable[Line], at_once: int) -> None:
    lines, good, bad = iter(lines), 0, 0
    while part := list(islice(lines, at_once)):
        stored, refused = queue.add(part, now=datetime.now(UTC))
        good, bad = good + stored, bad + refused
    say(f"{good} readings queued, {bad} lines could not be read.")


def add(asked: argparse.Namespace) -> None:
    store(queue_of(asked), lines_of(asked), AT_ONCE)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One sender at a time: two would number their events apart from each other."""
    with (home / "sending.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DeviceError(f"Another process sends from {home} already.") from error
        yield


def sender_of(asked: argparse.Namespace, queue: Queue) -> Sender:
    url, subject = queue.setting("url"), queue.setting("subject")
    if not url:
        raise DeviceError("Where to? Say it once: setup --url … --subject …")
    return Sender(client_of(asked, subject), queue, url)


def send(asked: argparse.Namespace) -> None:
    with alone(asked.home):
        sender = sender_of(asked, queue_of(asked))
        sender.attempts, sender.most = asked.attempts, asked.events
        say(f"{sender.drain()} readings answered for.")


def run(asked: argparse.Namespace) -> None:
    """Store each line as it comes, and send beside it until there is no more and nothing waits."""
    ended, faults = threading.Event(), list[DeviceError]()

    def upload() -> None:
        """Send every few seconds; what its owner has to mend is said once, and readings go on being kept."""
        last = False
        while not last:
            last = ended.wait(UPLOAD_EACH)
            try:
                sender_of(asked, queue_of(asked)).drain()
                faults.clear()
            except DeviceError as error:
                if str(error) not in map(str, faults):
                    complain(error)
                faults.append(error)

    with alone(asked.home):
        sender_of(asked, queue_of(asked))
        beside = threading.Thread(target=upload, daemon=True)
        beside.start()
        store(queue_of(asked), lines_of(asked), AT_ONCE if asked.csv or asked.simulate else 1)
        ended.set()
        beside.join()
    if faults:
        raise faults[-1]


def status(asked: argparse.Namespace) -> None:
    told = queue_of(asked).status()
    say(f"{told['waiting']} readings wait" + (f", the oldest of {told['oldest']}." if told["waiting"] else "."))
    for code, count, detail in told["rejected"]:
        say(f"{count} refused: {code}" + (f" ({detail})" if detail else ""))
    for at, name, ts, value, code in told["newest"]:
        say(f"  {at} {code}: {json.dumps({'name': name, 'timestamp': ts, 'value': value})}")


VERBS = {verb.__name__: verb for verb in (new, address, answer, setup, add, send, run, status)}

if __name__ == "__main__":
    sys.exit(main())
