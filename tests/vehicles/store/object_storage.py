"""A real S3 server of the test's own on loopback, with one bucket; the lake lies in it."""

import os
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen
from uuid import uuid4

import pytest
from django.conf import settings

from tests.chaos.test_killed_workers import until


@pytest.fixture(scope="session")
def s3_address():
    """One server for all tests of a process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            urlopen(address, timeout=5).close()
        except OSError:
            return False
        return True

    try:
        until(answers)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture
def object_storage(s3_address, monkeypatch):
    """The server's client; the lake lies in an empty bucket."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    import boto3

    bucket = f"lake-{uuid4().hex}"
    client = boto3.client("s3", endpoint_url=s3_address, region_name="us-east-1")
    client.create_bucket(Bucket=bucket)
    monkeypatch.setattr(settings, "LAKE_URL", f"s3://{bucket}/fleet")
    yield client
    client.close()
