"""When a simulated driver goes where: a plan for each day, drawn from the driver's own dice. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from vehicles.simulator.town import town

PERSONAS = ("commuter", "commuter", "commuter", "courier", "errands", "late")


@dataclass(frozen=True, slots=True)
class Driver:
    """Who drives: where from and to, in what manner, and whether a charger waits at home."""

    persona: str
    home: int
    work: int
    errands: tuple[int, ...]
    far: int
    pace: float
    vigor: float
    charger_kw: float
    charge_limit: float


class Leg(NamedTuple):
    """Leave at `hour` (local, a fraction) for a place."""

    hour: float
    place: int


def dice(seed: int, *about: int) -> np.random.Generator:
    """The generator for one matter of one seed: the same numbers whichever day is asked for first."""
    return np.random.default_rng([abs(seed), *about])


def driver_of(seed: int) -> Driver:
    """The driver of a seed."""
    random, places = dice(seed, 1), town().places
    home = pick(random, places["home"])
    return Driver(
        persona=str(random.choice(PERSONAS)),
        home=home,
        work=pick(random, places["work"], home),
        errands=tuple(pick(random, places["errand"], home) for _ in range(6)),
        far=pick(random, places["far"]),
        pace=float(random.uniform(0.9, 1.06)),
        vigor=float(random.uniform(1.2, 2.2)),
        charger_kw=float(random.choice([3.6, 7.4, 11.0])),
        charge_limit=float(random.choice([80.0, 80.0, 90.0])),
    )


def pick(random: np.random.Generator, places: Sequence[int], other_than: int = -1) -> int:
    choices = [place for place in places if place != other_than]
    return int(choices[int(random.integers(len(choices)))])


def plan(driver: Driver, day: date, seed: int) -> list[Leg]:
    """The legs of a local day, in order, at least 0.7 hours apart; the last one leads home."""
    random = dice(seed, 2, day.toordinal())
    legs: list[Leg] = []
    weekday = day.weekday() < 5
    if weekday and driver.persona in ("commuter", "late") and random.random() < 0.9:
        shift = 0.0 if driver.persona == "commuter" else 3.0
        legs += [Leg(random.normal(7.5 + shift, 0.25), driver.work), Leg(random.normal(16.9 + shift, 0.5), driver.home)]
        if random.random() < 0.3:
            legs[-1] = Leg(legs[-1].hour, errand(driver, random))
            legs.append(Leg(legs[-1].hour + random.uniform(0.8, 1.3), driver.home))
    elif weekday and driver.persona == "courier":
        hours = np.arange(8.5, 15.5, 0.9) + random.uniform(-0.1, 0.1, 8)
        legs += [Leg(float(hour), errand(driver, random)) for hour in hours] + [Leg(16.2, driver.home)]
    elif not weekday and random.random() < 0.13:
        legs += [Leg(random.uniform(8.5, 10.5), driver.far), Leg(random.uniform(15, 18), driver.home)]
    elif random.random() < 0.75:
        legs += [Leg(random.uniform(9.5, 14), errand(driver, random))]
        if random.random() < 0.5:
            legs.append(Leg(legs[-1].hour + random.uniform(0.8, 1.6), errand(driver, random)))
        legs.append(Leg(legs[-1].hour + random.uniform(0.9, 2.2), driver.home))
    return legs


def errand(driver: Driver, random: np.random.Generator) -> int:
    return driver.errands[int(random.integers(len(driver.errands)))]
