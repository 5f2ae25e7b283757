"""From what a parser finds to stored readings: a lane per car of the file, in chunks of bounded size."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import transaction

from vehicles import latest, registry, telemetry, trips
from vehicles.importers.parsed import Car, Export, FileRefused, Format, Found, Parsed, Rejected
from vehicles.models import ImportBatch, RejectionCount, Source, Vehicle
from vehicles.ownership_selectors import owned_by
from vehicles.readings import Message, Outcome

CHUNK = 4_000  # messages stored in one transaction
MOST_CARS = 50
LONGEST_KEY = 80
NOT_THEIRS = "not_owned_then"


class TooManyCars(FileRefused):
    """The file holds more cars than one import may have."""


class SeveralCars(FileRefused):
    """The file holds several cars, so it cannot go to one vehicle: let the import make a vehicle for each."""


class KeyUnreadable(FileRefused):
    """The file names a car in a way that cannot be kept."""


def survey(export: Export, kind: Format, *, one_car: bool) -> int:
    """Read a whole file without keeping anything; the number of its last row.

    Raises:
        FileRefused
    """
    last, keys = 0, set()
    for found in kind.parse(export):
        if isinstance(found, Car):
            keys.add(found.key)
            if not found.key.isprintable() or len(found.key) > LONGEST_KEY:
                raise KeyUnreadable(field="vehicle_id")
            if len(keys) > (1 if one_car else MOST_CARS):
                raise SeveralCars(field="vehicle") if one_car else TooManyCars(f"More than {MOST_CARS} cars in a file.")
        else:
            last = max(last, found.row)
    return last


@dataclass(slots=True)
class Lane:
    """One car of the file on its way into one vehicle."""

    source: Source
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Garage:
    """The cars of one import. `target` is the source of the one vehicle that everything goes to, if there is one."""

    batch: ImportBatch
    target: Source | None
    now: datetime
    lanes: dict[str, Lane] = field(default_factory=dict)
    refused: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)

    def load(self, found: Iterator[Found]) -> None:
        """Store what is found, in chunks; progress and counts on the batch are true after each."""
        cars: dict[str, Car] = {}
        for item in found:
            if isinstance(item, Parsed):
                lane = self.lanes.get(item.vehicle_key) or self.open_lane(cars[item.vehicle_key])
                # Readings of one moment belong together, so that the later may take the place of the earlier.
                if len(lane.messages) >= CHUNK and lane.messages[-1].ts != item.message.ts:
                    self.flush(lane, item.row)
                lane.messages.append(item.message)
            elif isinstance(item, Rejected):
                of_car = self.refused.setdefault(item.vehicle_key, Counter())
                of_car[item.signal, item.code] += item.times
            else:
                cars.setdefault(item.key, item)
        for lane in self.lanes.values():
            self.flush(lane, self.batch.done_rows)
        self.count_refused()

    @transaction.atomic
    def open_lane(self, car: Car) -> Lane:
        source = self.target
        if source is None:
            source, _ = Source.objects.get_or_create(
                vehicle=self.vehicle_of(car),
                batch=self.batch,
                defaults={"kind": Source.Kind.IMPORT, "external_key": car.key},
            )
        lane = self.lanes[car.key] = Lane(source)
        return lane

    def vehicle_of(self, car: Car) -> Vehicle:
        """The owner's vehicle that had this key in an earlier import of the format, or a new one."""
        owner = self.batch.owner
        known = Source.objects.filter(
            kind=Source.Kind.IMPORT,
            external_key=car.key,
            batch__format=self.batch.format,
            vehicle__owner=owner,
            vehicle__retired_at=None,
        )
        if earlier := known.select_related("vehicle").order_by("pk").first():
            return earlier.vehicle
        return registry.register_vehicle(
            owner=owner,
            now=self.now,
            nickname=plain(car.nickname, 60),
            make=plain(car.make, 60),
            model=plain(car.model, 80),
            year=car.year,
            powertrain=car.powertrain,
            timezone=self.batch.timezone,
            made_by=self.batch,
        )

    @transaction.atomic
    def flush(self, lane: Lane, row: int) -> None:
        latest.lock(vehicle_id=lane.source.vehicle_id)  # the car may change hands while its file is read
        times = owned_by(owner=self.batch.owner, vehicle=lane.source.vehicle)
        own = [message for message in lane.messages if any(time.covers(message.ts) for time in times)]
        if len(own) < len(lane.messages):
            mine = {message.ts for message in own}
            gone = [signal for message in lane.messages if message.ts not in mine for signal in message.values]
            counts = Counter((telemetry.name_of(signal), NOT_THEIRS) for signal in gone)
            self.add(Outcome(rejected=counts))
            self.keep_counts(lane.source, counts)
        outcome = telemetry.store_readings(vehicle=lane.source.vehicle, source=lane.source, readings=own, now=self.now)
        lane.messages = []
        self.batch.done_rows = max(self.batch.done_rows, row)
        self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        rejected = Counter(self.batch.rejected)
        for (_, code), count in outcome.rejected.items():
            rejected[code] += count
        self.batch.stored += outcome.stored
        self.batch.duplicate += outcome.duplicate
        self.batch.rejected = dict(rejected)
        self.batch.save()

    @transaction.atomic
    def count_refused(self) -> None:
        """Keep the parser's refusals with their source; rows of no known car count for the batch alone."""
        for key, counts in self.refused.items():
            repeated = sum(counts.pop(at) for at in [at for at in counts if at[1] == "duplicate"])
            self.add(Outcome(duplicate=repeated, rejected=counts))
            if lane := self.lanes.get(key):
                self.keep_counts(lane.source, counts)

    def keep_counts(self, source: Source, counts: Counter[tuple[str, str]]) -> None:
        day = self.now.astimezone(UTC).date()
        for (signal, code), count in counts.items():
            kept, _ = RejectionCount.objects.get_or_create(source=source, day=day, signal=signal, code=code)
            kept.count += count
            kept.save(update_fields=["count"])

    def cut_trips(self) -> None:
        for lane in self.lanes.values():
            source = Source.objects.select_related("vehicle").get(pk=lane.source.pk)
            if source.uncut_since is not None and source.uncut_until is not None:
                trips.cut_trips(
                    vehicle=source.vehicle,
                    source=source,
                    since=source.uncut_since,
                    until=source.uncut_until,
                    now=self.now,
                )


def plain(text: str, longest: int) -> str:
    """Text from a file as it may stand on a page: printable and not too long."""
    return "".join(c for c in text if c.isprintable())[:longest].strip()
