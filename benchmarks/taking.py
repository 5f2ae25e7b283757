"""How long something takes: by the clock, and of processors, PostgreSQL's included."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from django.db import connection


class Taken(NamedTuple):
    """Seconds by the clock and of processors."""

    clock: float
    processor: float


def taken(act: Callable[[], Any], times: int = 15) -> Taken:
    """Medians of some runs after one that is not counted; of processors: this process's and PostgreSQL's together."""
    act()
    clock, own, theirs = [], [], []
    for _ in range(times):
        used, began, mine = of_postgres(), perf_counter(), process_time()
        act()
        own.append(process_time() - mine)
        clock.append(perf_counter() - began)
        theirs.append(of_postgres() - used)
    return Taken(median(clock), median(own) + median(theirs))


def of_postgres() -> float:
    """Seconds of processors that all processes of PostgreSQL have used until now; 0 where the system tells none."""
    server = Path(f"/proc/{postmaster()}")
    children = server / "task" / server.name / "children"
    if not children.exists():
        return 0.0
    running = sum(nanoseconds(pid) for pid in [server.name, *children.read_text().split()]) / 1e9
    ended = (server / "stat").read_text().rpartition(")")[2].split()[13:15]  # in hundredths
    return running + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


@cache
def postmaster() -> int:
    """The process of which all of PostgreSQL's are children."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    stat = Path(f"/proc/{backend}/stat")
    return int(stat.read_text().rpartition(")")[2].split()[1]) if stat.exists() else 0


def nanoseconds(pid: str) -> int:
    """How long a process was on a processor; nothing of one that has just ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return 0
