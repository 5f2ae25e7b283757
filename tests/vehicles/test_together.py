"""What waits is done together: in order, never twice a key in one go, and nobody is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Semaphore

import pytest

from vehicles.together import Together

LONG = 20  # seconds: an upper bound that only a deadlock reaches


class Queue(list):
    """A list that tells when something was put into it."""

    def __init__(self):
        self.put = Semaphore(0)

    def append(self, item):
        super().append(item)
        self.put.release()


class Desk:
    """Does work in goes that are noted; the first go waits until it is let go."""

    def __init__(self, *, most=16, keys=lambda item: {item}):
        self.goes, self.begun, self.let_go = [], Event(), Event()
        self.together = Together(self.work, keys=keys, most=most)
        self.together.waiting = self.queue = Queue()

    def work(self, items):
        self.goes.append(items)
        assert self.together.busy, "somebody else could begin"
        if len(self.goes) == 1:
            self.begun.set()
            assert self.let_go.wait(LONG)
        if "broken" in items:
            raise RuntimeError("broken")

    def run(self, *items):
        """Have items done: the first alone, the others in this order while it is done; their errors."""
        with ThreadPoolExecutor(len(items)) as threads:
            doing = []
            for number, item in enumerate(items):
                # take() puts what is left into a plain list, so the queue is looked at before the first go ends
                doing.append(threads.submit(self.together.do, item))
                if number == 0:
                    assert self.begun.wait(LONG)
                    self.together.waiting = self.queue = Queue()
                else:
                    assert self.queue.put.acquire(timeout=LONG)
            self.let_go.set()
            return [done.exception(LONG) for done in doing]


def test_one_alone_is_done_at_once():
    desk = Desk()
    desk.let_go.set()
    desk.together.do("a")
    desk.together.do("b")
    assert desk.goes == [["a"], ["b"]]


def test_what_arrives_meanwhile_is_done_together_in_order():
    desk = Desk()
    assert desk.run("a", "b", "c", "d") == [None] * 4
    assert desk.goes == [["a"], ["b", "c", "d"]]


def test_no_more_than_the_most_are_done_in_one_go():
    desk = Desk(most=2)
    desk.run("a", "b", "c", "d")
    assert desk.goes == [["a"], ["b", "c"], ["d"]]


def test_what_shares_a_key_is_done_one_after_the_other_and_in_order():
    desk = Desk(keys=set)
    desk.run("x", "ab", "bc", "c", "d")
    assert desk.goes == [["x"], ["ab", "d"], ["bc"], ["c"]]


def test_an_error_reaches_everybody_of_its_go_and_nobody_else():
    desk = Desk(most=2)
    errors = desk.run("a", "b", "broken", "c")
    assert [type(error) for error in errors] == [type(None), RuntimeError, RuntimeError, type(None)]
    assert desk.goes == [["a"], ["b", "broken"], ["c"]]


def test_after_an_error_the_desk_is_free_again():
    desk = Desk()
    desk.let_go.set()
    with pytest.raises(RuntimeError):
        desk.together.do("broken")
    desk.together.do("a")
    assert desk.goes == [["broken"], ["a"]]


def test_many_threads_have_everything_done_once():
    done, alone = [], Lock()

    def work(items):
        assert alone.acquire(blocking=False), "two goes at once"
        done.extend(items)
        alone.release()

    together = Together(work, keys=lambda item: {item % 7}, most=5)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(together.do, range(2_000)))
    assert sorted(done) == list(range(2_000))
    assert (together.waiting, together.busy) == ([], False)
