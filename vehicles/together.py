"""Work that arrives while other work is done is done next, together; nobody waits when nothing is done. Pure.

Many small transactions cost more than few large ones. Under load they grow by themselves, up to `most`, and no timer
holds a lonely one back.
"""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


def closed() -> Lock:
    """A lock that whoever waits for its owner's word cannot pass yet."""
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class Ticket(Generic[T]):
    """One caller's work, and how the caller is woken: done by another, or in order to lead."""

    item: T
    woken: Lock = field(default_factory=closed)
    done: bool = False
    error: BaseException | None = None


class Together(Generic[T]):
    """`work` is given what waits, in order of arrival; items that share a key are never in one go.

    What `work` raises is raised to every caller of that go. One caller leads and works on its own thread, then wakes
    the others and hands the lead to the first that waits.
    """

    def __init__(
        self, work: Callable[[list[T]], None], *, keys: Callable[[T], Collection[Hashable]], most: int
    ) -> None:
        self.work, self.keys, self.most = work, keys, most
        self.waiting: list[Ticket[T]] = []
        self.busy, self.guard = False, Lock()

    def do(self, item: T) -> None:
        """Have an item worked on; returns when that is over, however it was done."""
        ticket = Ticket(item)
        with self.guard:
            self.waiting.append(ticket)
            leads, self.busy = not self.busy, True
        if not leads:
            ticket.woken.acquire()
        if not ticket.done:
            self.lead()
        if ticket.error is not None:
            raise ticket.error

    def lead(self) -> None:
        """Work on what waits, then let go; the leader's own item is the first that waits."""
        with self.guard:
            tickets = self.take()
        error: BaseException | None = None
        try:
            self.work([ticket.item for ticket in tickets])
        except BaseException as raised:  # whoever waits must be woken, whatever it was
            error = raised
        with self.guard:
            follower = self.waiting[0] if self.waiting else None
            self.busy = follower is not None
        for ticket in tickets:
            ticket.done, ticket.error = True, error
            ticket.woken.release()
        if follower is not None:
            follower.woken.release()

    def take(self) -> list[Ticket[T]]:
        """The next go: the first that waits, and others in order as long as none of them shares a key."""
        taken: list[Ticket[T]] = []
        left: list[Ticket[T]] = []
        seen: set[Hashable] = set()
        for ticket in self.waiting:
            keys = self.keys(ticket.item)
            fits = len(taken) < self.most and seen.isdisjoint(keys)
            (taken if fits else left).append(ticket)
            seen.update(keys)  # of those left too: whoever came first goes first
        self.waiting = left
        return taken
