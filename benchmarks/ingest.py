"""Ingest through the whole HTTP path, signature check included, against a bare ASGI app doing the same COPY.

Both run under granian with one worker, on a durable PostgreSQL of their own, with the load generator on the same
machine; they take turns, so that a busy machine slows both. Reading: requests per second, and the ratio of the two.
"""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import rfc8785

from benchmarks.report import record
from dimo import tenancy
from dimo.runtime import places
from dimo.runtime.postgres import APP, OWNER, Postgres
from dimo.runtime.valkey import Valkey

CLIENTS, ROUNDS = 4, 5
LIMIT = 0.5
NAMES = 30


def environment(folder: Path, postgres: Postgres, valkey: Valkey) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.url(APP),
        "DATABASE_OWNER_URL": postgres.url(OWNER),
        "REDIS_URL": valkey.url,
        "SECRET_KEY": "only for this benchmark, long enough for the check of its length",
        "MASTER_KEY": "5eed" * 16,
        "VAR_DIR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "dimo.settings",
        "API_RATE_INGEST": "1000000000/min",
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def services() -> Iterator[None]:
    base = places.state_folder() if places.is_root() else Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(dir=base, prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = {"shared_buffers": "256MB", "max_wal_size": "2GB"}
        postgres = Postgres(folder / "pg", folder / "postgres.log", settings)
        valkey = Valkey(folder / "valkey", folder / "valkey.log", durable=False)
        try:
            postgres.start()
            valkey.start()
            (folder / "var").mkdir()
            os.environ.update(environment(folder, postgres, valkey))
            yield
        finally:
            valkey.stop()
            postgres.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--no-ws", "--log-level", "error", application]
    server = subprocess.Popen(command)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def devices() -> list[Any]:
    """Registered and paired devices, one a client."""
    import django
    from django.core.management import call_command

    django.setup()
    tenancy.work_for_the_platform()
    from django.db import connection

    connection.settings_dict["USER"] = OWNER
    call_command("migrate", verbosity=0)
    connection.close()
    connection.settings_dict["USER"] = APP
    from commons_device.envelopes import DeviceClient
    from dimo.users.models import User
    from vehicles import registry

    now, made = datetime.now(UTC), []
    for number in range(CLIENTS):
        owner = User.objects.create_user(f"bench{number}@example.org")
        vehicle = registry.register_vehicle(owner=owner, now=now)
        client = DeviceClient(key=bytes([number + 1]) * 32, subject=f"urn:uuid:{vehicle.public_id}")
        challenge = registry.device_challenge(owner=owner)
        device = registry.register_device(
            owner=owner, kind="hardware", challenge=challenge, signature=client.answer(challenge), now=now
        )
        registry.pair_device(device=device, vehicle=vehicle, now=now - timedelta(days=30))
        made.append(client)
    connection.close()
    return made


class Bodies:
    """Signed events of a car at 1 Hz: plausible values that pass every check, never the same moment twice."""

    def __init__(self) -> None:
        from vehicles import signals

        self.signals = [s for s in signals.catalog if s.numeric and not s.codes][:NAMES]
        self.seconds = 0

    def make(self, client: Any, messages: int) -> bytes:
        readings = []
        for _ in range(messages):
            self.seconds += 1
            ts = (datetime.now(UTC) - timedelta(hours=12) + timedelta(seconds=self.seconds)).isoformat()
            for signal in self.signals:
                value = self.value(signal)
                readings.append({"name": signal.name, "timestamp": ts, "value": value})
        return bytes(rfc8785.dumps([client.signed(readings)]))

    def value(self, signal: Any) -> float:
        """A car that drives north at 36 km/h."""
        if signal.name == "currentLocationLatitude":
            return round(10 + self.seconds * 9e-5, 6)
        if signal.name in ("currentLocationLongitude", "speed"):
            return 36.0
        if signal.rising:
            return 1000 + self.seconds / 100
        share = 0.3 + self.seconds % 17 / 100
        return float(round(signal.low + (signal.high - signal.low) * share, 1)) if signal.type != "bool" else 1.0


def send(port: int, bodies: list[bytes]) -> int:
    connection, accepted = http.client.HTTPConnection("127.0.0.1", port), 0
    for body in bodies:
        connection.request("POST", "/api/v1/ingest", body, {"Content-Type": "application/cloudevents-batch+json"})
        answer = connection.getresponse().read()
        accepted += answer.startswith(b'{"accepted":1')
    connection.close()
    return accepted


def rate(port: int, shares: list[list[bytes]]) -> float:
    """Requests per second of all clients together; every one must have been taken."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(shares)) as clients:
        accepted = sum(clients.map(lambda share: send(port, share), shares))
    seconds = time.perf_counter() - begun
    wanted = sum(map(len, shares))
    if accepted != wanted:
        raise SystemExit(f"only {accepted} of {wanted} requests were accepted")
    return wanted / seconds


def main() -> None:
    with services():
        clients, bodies = devices(), Bodies()
        with served("benchmarks.bare_asgi:application") as bare, served("dimo.asgi:application") as full:
            for messages, requests in ((30, 25), (1, 100)):
                rates: dict[int, list[float]] = {bare: [], full: []}
                for turn in range(ROUNDS + 1):
                    shares = [[bodies.make(client, messages) for _ in range(requests)] for client in clients]
                    for port in (bare, full):
                        measured = rate(port, shares)
                        if turn:  # the first turn warms up
                            rates[port].append(measured)
                ratio = median(f / b for f, b in zip(rates[full], rates[bare], strict=True))
                name = f"ingest over http, {messages} message{'s' if messages > 1 else ''} of {NAMES} signals a request"
                limit = LIMIT if messages > 1 else None
                record(f"{name}, bare", median(rates[bare]), "requests/s")
                record(name, median(rates[full]), "requests/s", limit=limit, ratio=ratio)


if __name__ == "__main__":
    main()
