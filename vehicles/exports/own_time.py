"""Rows of a person's own times with vehicles, theirs still or not."""

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from dimo.users.models import User
from vehicles.models import Pairing, Source, Vehicle, VehicleOwnership
from vehicles.ownership_selectors import STANDING, Tenure, known_to, owned_by

M = TypeVar("M", bound=Model)


def by_epoch(rows: QuerySet[M], *, owner: User) -> QuerySet[M]:
    """Rows that name the owner epoch, of this person's epochs."""
    time = {"vehicle": OuterRef("vehicle"), "epoch": OuterRef("owner_epoch")}
    return rows.filter(Exists(VehicleOwnership.objects.filter(STANDING, owner=owner, **time)))


def by_moment(rows: QuerySet[M], *, owner: User, moment: str, vehicle: str = "vehicle") -> QuerySet[M]:
    """Rows whose moment lies in one of this person's times with the vehicle."""
    time = {"vehicle": OuterRef(vehicle), "period__contains": OuterRef(moment)}
    return rows.filter(Exists(VehicleOwnership.objects.filter(STANDING, owner=owner, **time)))


def sources_of(*, owner: User) -> QuerySet[Source]:
    """What measured this person's vehicles in their time: their imports, devices then paired, and simulators."""
    paired = by_epoch(Pairing.objects.filter(device=OuterRef("device"), vehicle=OuterRef("vehicle")), owner=owner)
    mine = Q(batch__owner=owner) | Q(kind=Source.Kind.SIMULATOR) | Exists(paired)
    return Source.objects.filter(mine, vehicle__in=known_to(owner=owner).values("pk")).order_by("pk")


def tenures(*, owner: User) -> Iterator[tuple[Vehicle, Tenure]]:
    """Every time of this person with every vehicle, oldest vehicle first."""
    for vehicle in known_to(owner=owner).order_by("pk"):
        for tenure in owned_by(owner=owner, vehicle=vehicle):
            yield vehicle, tenure


def days_of(*, owner: User) -> dict[int, list[tuple[date, date]]]:
    """The days of a person's times with each vehicle, both ends included, for counts that are kept by day."""
    found: dict[int, list[tuple[date, date]]] = {}
    for vehicle, tenure in tenures(owner=owner):
        found.setdefault(vehicle.pk, []).append((tenure.since.date(), tenure.until.date()))
    return found
