"""Whether a chain answers, asked of a real HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client

from dimo.chain import status as chain


@pytest.fixture
def node() -> Iterator[Callable[[int, object], str]]:
    """Starts nodes that give one fixed answer; returns their addresses."""
    servers: list[HTTPServer] = []

    def start(code: int, answer: object) -> str:
        class Node(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = HTTPServer(("127.0.0.1", 0), Node)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def results(chain_id: str, block: str) -> list[dict]:
    return [{"jsonrpc": "2.0", "id": 1, "result": block}, {"jsonrpc": "2.0", "id": 0, "result": chain_id}]


def test_without_an_address_the_chain_is_off(settings) -> None:
    settings.CHAIN_RPC_URL = ""
    assert chain.status().words == "Chain is off"
    assert not chain.status().on


def test_an_answering_node_tells_chain_and_block(node) -> None:
    seen = chain.ask(node(200, results("0x7a69", "0xc")))
    assert (seen.chain_id, seen.block, seen.words) == (31337, 12, "Local chain: block 12")
    assert chain.ask(node(200, results("0x1", "0x1000000"))).words == "Chain 1: block 16,777,216"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (500, results("0x1", "0x1")),
        (200, b"<html>"),
        (200, {"error": {"code": -32600}}),
        (200, [{"id": 0, "error": {}}]),
        (200, results("0x1", "none")),
    ],
)
def test_a_node_that_answers_nonsense_does_not_answer(node, code: int, answer: object) -> None:
    seen = chain.ask(node(code, answer))
    assert (seen.on, seen.answers, seen.words) == (True, False, "Chain does not answer")


def test_a_node_that_is_gone_does_not_answer() -> None:
    assert not chain.ask("http://127.0.0.1:1").answers


def test_the_answer_is_kept_for_some_seconds(settings, node) -> None:
    settings.CHAIN_RPC_URL = node(200, results("0x1", "0x5"))
    assert chain.status().block == 5
    settings.CHAIN_RPC_URL = "http://127.0.0.1:1"
    assert chain.status().block == 5


@pytest.mark.django_db
def test_the_line_below_pages_says_it(client: Client, settings) -> None:
    settings.CHAIN_RPC_URL = ""
    assert b"Chain is off" in client.get("/chain/status/").content
