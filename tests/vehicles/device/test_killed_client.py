"""A real client killed by SIGKILL while it sends to a live server, before and after its request arrived."""

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.utils import timezone

import commons_device
from commons_device.__main__ import main
from commons_device.queue import Queue
from commons_device.readings import Reading, stamp
from tests.vehicles.devices import stored
from tests.vehicles.factories import make_vehicle
from vehicles import registry
from vehicles.models import Device
from vehicles.signals import SPEED

pytestmark = pytest.mark.django_db(transaction=True)
COUNT, EVENTS_EACH = 1000, 2


class Deadly:
    """Passes requests on, and kills the client at some: before the server has one, or before its answer is told."""

    def __init__(self, server_url):
        self.server_url, self.client, self.count = server_url, None, 0
        self.before, self.after = {2, 3}, {1, 5}
        handler = type(
            "Handler", (BaseHTTPRequestHandler,), {"do_POST": self.passed_on(), "log_message": lambda *_: None}
        )
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/api/v1/ingest"

    def passed_on(self):
        def handle(handler):
            self.count += 1
            number = self.count
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            if number in self.before:
                return self.kill()
            names = ("Content-Type", "Content-Encoding")
            request = urllib.request.Request(self.server_url, body, {name: handler.headers[name] for name in names})
            with urllib.request.urlopen(request, timeout=60) as answer:
                told = answer.read()
            if number in self.after:
                return self.kill()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(told)))
            handler.end_headers()
            handler.wfile.write(told)
            return None

        return handle

    def kill(self):
        os.kill(self.client.pid, signal.SIGKILL)


def client(home, *arguments):
    command = [sys.executable, "-m", "commons_device", "--home", str(home), *arguments]
    return subprocess.Popen(command, cwd=Path(commons_device.__file__).parents[1])


def paired(home, capsys):
    """A vehicle whose device is this client's key, as its owner pairs it."""
    assert main(["--home", str(home), "new"]) == 0
    vehicle = make_vehicle()
    challenge = registry.device_challenge(owner=vehicle.owner)
    capsys.readouterr()
    assert main(["--home", str(home), "answer", challenge]) == 0
    signature = capsys.readouterr().out.strip()
    device = registry.register_device(
        owner=vehicle.owner, kind="hardware", challenge=challenge, signature=signature, now=timezone.now()
    )
    registry.pair_device(device=device, vehicle=vehicle, now=timezone.now() - timedelta(days=1))
    return vehicle


def test_a_client_killed_in_the_middle_of_sending_delivers_every_reading_once(live_server, tmp_path, capsys):
    vehicle, between = paired(tmp_path, capsys), Deadly(live_server.url + "/api/v1/ingest")
    queue = Queue(tmp_path / "queue.sqlite")
    queue.set(url=between.url, subject=f"urn:uuid:{vehicle.public_id}")
    start, now = timezone.now() - timedelta(hours=1), timezone.now()
    values = [float(n % 100) + n / 10_000 for n in range(COUNT)]
    queue.add([Reading("speed", stamp(start + timedelta(seconds=n)), v) for n, v in enumerate(values)], now=now)
    ends = []
    while not ends or ends[-1] != 0:
        assert len(ends) < 10
        between.client = client(tmp_path, "send", "--events", str(EVENTS_EACH), "--attempts", "3")
        ends.append(between.client.wait(timeout=60))
    between.http.shutdown()
    between.http.server_close()
    assert ends.count(-signal.SIGKILL) == len(between.before | between.after)
    assert stored(vehicle)[SPEED] == values
    assert (queue.status()["waiting"], queue.status()["rejected"]) == (0, [])
    device = Device.objects.get()
    assert device.flagged_at is None  # no number came back with other contents
    assert device.last_sequence == int(queue.setting("sequence"))


def test_a_client_started_twice_sends_once(tmp_path, capsys, monkeypatch):
    assert main(["--home", str(tmp_path), "new"]) == 0
    assert main(["--home", str(tmp_path), "setup", "--url", "http://127.0.0.1:9/", "--subject", "urn:uuid:x"]) == 0
    from commons_device.__main__ import alone

    with alone(tmp_path):
        assert main(["--home", str(tmp_path), "send"]) == 1
    assert "Another process" in capsys.readouterr().err


def test_the_whole_way_from_a_new_key_to_the_first_reading(live_server, tmp_path, capsys):
    vehicle = paired(tmp_path, capsys)
    subject = f"urn:uuid:{vehicle.public_id}"
    home = ["--home", str(tmp_path)]
    assert main([*home, "send"]) == 1
    assert "Where to?" in capsys.readouterr().err
    assert main([*home, "setup", "--url", live_server.url + "/api/v1/ingest", "--subject", subject]) == 0
    assert main([*home, "run", "--simulate", "20"]) == 0
    assert main([*home, "status"]) == 0
    assert "0 readings wait." in capsys.readouterr().out
    assert len(stored(vehicle)[SPEED]) == 20


def test_the_client_is_a_command_of_the_project_too(tmp_path):
    command = [sys.executable, "manage.py", "device", "--home", str(tmp_path), "new"]
    done = subprocess.run(command, cwd=Path(commons_device.__file__).parents[1], capture_output=True, check=False)
    assert (done.returncode, done.stdout[:2]) == (0, b"0x"), done.stderr.decode()
