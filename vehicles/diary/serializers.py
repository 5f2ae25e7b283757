"""What the API takes and tells of trips and the logbook."""

from datetime import date, datetime
from decimal import Decimal

from rest_framework import serializers

from vehicles.diary.entries import Day
from vehicles.diary.logbook import Logbook
from vehicles.diary.sums import Sums
from vehicles.models import Trip

TAGS = [("", "No tag"), ("business", "Business"), ("private", "Private use")]


class TripSerializer(serializers.ModelSerializer[Trip]):
    """Periods are from the first to the last reading, both included; `source` says how the readings came.

    `tag` is the driver's: private use is still licensed as consents say. `private`: in nobody's dataset.
    """

    id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="source.kind")  # type: ignore[assignment]
    grade = serializers.CharField(source="source.grade")
    duplicate = serializers.SerializerMethodField(help_text="Recorded before under another trip: never paid twice.")
    deleted_at = serializers.DateTimeField(help_text="It can be restored for 30 days.", allow_null=True)
    edited_at = serializers.DateTimeField(
        help_text="Last change of tag, note, beginning or end by its driver.", allow_null=True
    )

    class Meta:
        model = Trip
        fields = (
            *("id", "started_at", "ended_at", "distance_km", "readings", "max_speed_kmh", "soc_used_pct"),
            *("fuel_used_l", "energy_kwh", "energy_by", "odometer_start_km", "odometer_end_km", "stops", "doubts"),
            *("celsius", "private", "tag", "note", "source", "grade", "duplicate", "edited_at", "deleted_at"),
        )

    def get_duplicate(self, trip: Trip) -> bool:
        return trip.duplicate_of_id is not None


class TripFilterSerializer(serializers.Serializer[object]):
    """What narrows a list of trips: by their beginning, `[from, to)`, by tag, and to those that can be restored."""

    to = serializers.DateTimeField(required=False)
    tag = serializers.ChoiceField(choices=["none", "business", "private"], required=False)
    deleted = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"from": serializers.DateTimeField(required=False), **super().get_fields()}  # a word of Python's


class TripChangeSerializer(serializers.Serializer[object]):
    """What is to be another way; what is left out stays."""

    tag = serializers.ChoiceField(choices=TAGS, required=False, allow_blank=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    private = serializers.BooleanField(required=False)


class MomentSerializer(serializers.Serializer[object]):
    """Where to split: the first reading at or after it begins the later trip."""

    moment = serializers.DateTimeField()


class NeighborSerializer(serializers.Serializer[object]):
    """The trip to join with: the very next one, before or after, of the same source."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"with": serializers.UUIDField()}


class YearSerializer(serializers.Serializer[object]):
    """Which year, by the vehicle's calendar."""

    year = serializers.IntegerField(min_value=1970, max_value=9000)


class PartsSerializer(serializers.Serializer[object]):
    """A split trip's parts, the earlier first; it keeps the id."""

    parts = TripSerializer(many=True)


class SumsSerializer(serializers.Serializer[Sums]):
    """Kilometers in all and by tag, and money by currency, as decimal strings."""

    trips = serializers.IntegerField()
    km = serializers.FloatField()
    business_km = serializers.SerializerMethodField()
    private_km = serializers.SerializerMethodField()
    untagged_km = serializers.FloatField()
    energy_kwh = serializers.FloatField(source="kwh")
    fuel_l = serializers.FloatField(source="liters")
    cost = serializers.SerializerMethodField()
    trips_without_cost = serializers.IntegerField(source="uncosted")

    def get_business_km(self, sums: Sums) -> float:
        return sums.by_tag["business"]

    def get_private_km(self, sums: Sums) -> float:
        return sums.by_tag["private"]

    def get_cost(self, sums: Sums) -> dict[str, Decimal]:
        return {currency: str(amount) for currency, amount in sums.cost.items()}  # type: ignore[misc]


class MonthSerializer(serializers.Serializer[Day]):
    """A month with its first day."""

    month = serializers.SerializerMethodField()
    sums = SumsSerializer()

    def get_month(self, part: Day) -> date:
        return part.day


class LogbookSerializer(serializers.Serializer[Logbook]):
    """A vehicle's year. The odometer is that of the first and of the last drive; null: not measured."""

    year = serializers.IntegerField()
    sums = SumsSerializer()
    months = MonthSerializer(many=True)
    odometer_start_km = serializers.SerializerMethodField()
    odometer_end_km = serializers.SerializerMethodField()
    first_at = serializers.SerializerMethodField()

    def get_odometer_start_km(self, book: Logbook) -> float | None:
        return book.odometer[0]

    def get_odometer_end_km(self, book: Logbook) -> float | None:
        return book.odometer[1]

    def get_first_at(self, book: Logbook) -> datetime | None:
        return book.lines[0].trip.started_at if book.lines else None
