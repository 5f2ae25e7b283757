"""Whether the chain is on and answers."""

from dataclasses import dataclass
from typing import Any

import requests
import structlog
from django.conf import settings
from django.core.cache import cache

SECONDS_TO_ANSWER = 1.0
SECONDS_KEPT = 5
LOCAL_CHAIN = 31337
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ChainStatus:
    """`block` and `chain_id` are None unless the chain answers."""

    on: bool
    chain_id: int | None = None
    block: int | None = None

    @property
    def answers(self) -> bool:
        return self.block is not None

    @property
    def words(self) -> str:
        """One line for the foot of a page."""
        if not self.on:
            return "Chain is off"
        if not self.answers:
            return "Chain does not answer"
        name = "Local chain" if self.chain_id == LOCAL_CHAIN else f"Chain {self.chain_id}"
        return f"{name}: block {self.block:,}"


def ask(url: str) -> ChainStatus:
    """Ask the node for its id and latest block, both in one call, within a second."""
    calls: Any = [
        {"jsonrpc": "2.0", "id": index, "method": method, "params": []}
        for index, method in enumerate(("eth_chainId", "eth_blockNumber"))
    ]
    try:
        response = requests.post(url, json=calls, timeout=SECONDS_TO_ANSWER)
        response.raise_for_status()
        results = {item["id"]: int(item["result"], 16) for item in response.json()}
        return ChainStatus(on=True, chain_id=results[0], block=results[1])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        log.warning("chain_does_not_answer", error=type(error).__name__)
        return ChainStatus(on=True)


def status() -> ChainStatus:
    """Off, silent, or the latest block; at most five seconds old."""
    if not settings.CHAIN_RPC_URL:
        return ChainStatus(on=False)
    known = cache.get("chain-status")
    if known is None:
        known = ask(settings.CHAIN_RPC_URL)
        cache.set("chain-status", known, SECONDS_KEPT)
    return known  # type: ignore[no-any-return]
