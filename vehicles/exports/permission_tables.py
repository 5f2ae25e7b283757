"""Tables of what you let others read and hide from them, of what was refused, and of what a parked battery told."""

from collections.abc import Iterator, Sequence
from typing import Final

from django.db.models import F, QuerySet

from dimo.audit.models import AccessEntry
from dimo.oauth.models import App
from dimo.users.models import User
from vehicles.exports.own_time import by_epoch
from vehicles.exports.tables import Column, Table, at, listed
from vehicles.exports.vehicle_tables import VEHICLE
from vehicles.models import (
    AppGrantVehicle,
    ExactRemoval,
    ExactWish,
    KeptRejection,
    ParkedStretch,
    PrivacyZone,
    VehicleContact,
)
from vehicles.ownership_selectors import in_garage, known_to
from vehicles.rejections import reading


def refused_rows(user: User) -> Iterator[Sequence[object]]:
    """What was refused, opened; of one's own times."""
    rows = by_epoch(KeptRejection.objects.order_by("received_at", "pk"), owner=user)
    for row in rows.select_related("vehicle", "device").iterator(chunk_size=200):
        kept = reading.opened(row)
        parts = [part._asdict() for part in kept.parts]
        told = {"event": kept.event, "detail": kept.detail, "refused": parts, "cut": kept.cut, "sent": kept.sent}
        yield row.vehicle.public_id, row.device.public_id, row.received_at, row.code, told


def read_rows(user: User) -> Iterator[Sequence[object]]:
    """The log of who read, with the numbers by which other tables name vehicles."""
    numbers = dict(known_to(owner=user).values_list("pk", "public_id"))
    for entry in AccessEntry.objects.filter(owner=user).order_by("at", "pk").iterator(chunk_size=2000):
        whose = numbers.get(entry.vehicle_id) if entry.vehicle_id else None
        facts: list[object] = [entry.at, whose, entry.reader, entry.reader_name, entry.what, entry.scopes]
        yield [*facts, entry.since, entry.until, entry.rows, entry.under, entry.under_id, entry.note]


def removals(user: User) -> QuerySet[ExactRemoval]:
    """Removals of one's own times."""
    return by_epoch(ExactRemoval.objects.annotate(vehicle=F("source__vehicle")).order_by("pk"), owner=user)


TABLES: Final = (
    Table(
        "refused_events",
        "an event of the last week that was refused, whole or in parts, as it was sent less its VIN",
        (
            VEHICLE.column,
            Column("device", "text", "The device's number, as in the table devices"),
            Column("received_at", "moment", "When it arrived"),
            Column("code", "text", "The reason's code"),
            Column("told", "json", "What was sent, which parts were refused, and whether it was cut for its length"),
        ),
        refused_rows,
    ),
    listed(
        "privacy_zones",
        "a circle whose positions nobody else is given",
        lambda user: PrivacyZone.objects.filter(owner=user).order_by("pk"),
        at("zone", "text", "The zone's number", path="public_id"),
        at("vehicle", "text", "The vehicle's number; empty: all of yours", path="vehicle__public_id"),
        at("label", "text", "What you call it"),
        at("radius_m", "integer", "The radius that you chose", unit="m"),
        at("lat", "number", "The latitude of its center, which is shifted off your place", unit="degrees"),
        at("lon", "number", "The longitude of its center, which is shifted off your place", unit="degrees"),
        at("made_at", "moment", "When you drew it"),
        at("changed_at", "moment", "When you changed it last"),
    ),
    listed(
        "exact_positions_choice",
        "how long you keep exact positions; no row: 730 days",
        lambda user: ExactWish.objects.filter(owner=user),
        at("days", "integer", "For how many days; empty: as long as the vehicle is yours", unit="days"),
        at("next_days", "integer", "A shorter time that waits to take effect", unit="days"),
        at("next_at", "moment", "From when on the shorter time counts"),
        at("chosen_at", "moment", "When you chose"),
    ),
    listed(
        "exact_positions_removed",
        "up to when a source's exact positions are gone",
        removals,
        at("source", "integer", "Which source told them", path="source_id"),
        at("until", "moment", "Up to when they are gone, or on their way out"),
        at("asked_at", "moment", "When that was begun"),
    ),
    listed(
        "apps_registered",
        "an app that you registered; its secret is not kept, only its hash",
        lambda user: App.objects.filter(developer=user).order_by("registered_at"),
        at("app", "text", "The app's number", path="id"),
        at("name", "text", "What it is called"),
        at("publisher", "text", "Who publishes it"),
        at("website", "text", "Its website"),
        at("redirect_uris", "json", "Where people return to"),
        at("scopes", "json", "The most it may ask for"),
        at("registered_at", "moment", "When you registered it"),
        at("verified_at", "moment", "Since when we know its publisher"),
        at("suspended_at", "moment", "When we suspended it"),
        at("closed_at", "moment", "When you closed it"),
    ),
    listed(
        "app_permissions",
        "a vehicle that you let an app read of, standing or ended",
        lambda user: AppGrantVehicle.objects.filter(grant__owner=user).order_by("grant__granted_at", "pk"),
        at("permission", "text", "The permission's number", path="grant__id"),
        at("app", "text", "The app's name", path="grant__app__name"),
        VEHICLE,
        at("scopes", "json", "Which classes, and how finely", path="grant__scopes"),
        at("reads_from", "moment", "From when on; empty: since the vehicle is yours", path="grant__reads_from"),
        at("granted_at", "moment", "When you said yes", path="grant__granted_at"),
        at("expires_at", "moment", "When it ends by itself", path="grant__expires_at"),
        at("revoked_at", "moment", "When it ended before that", path="grant__revoked_at"),
        at("ended_because", "text", "Why it ended: revoked, replaced or handed_over", path="grant__ended_because"),
        at("notice_sha256", "text", "The SHA-256 of the words that you said yes to", path="grant__notice_sha256"),
    ),
    Table(
        "access_log",
        "a read of what was measured for you, by somebody else",
        (
            Column("at", "moment", "When it was read"),
            Column("vehicle", "text", "The vehicle's number; empty: none, or one that you erased"),
            Column("reader", "text", "Who it was: app, buyer, steward, operator or support"),
            Column("reader_name", "text", "What the reader is called"),
            Column("what", "text", "What was read"),
            Column("scopes", "json", "Which classes, and how finely"),
            Column("since", "moment", "The begin of the period that was read"),
            Column("until", "moment", "The end of the period that was read"),
            Column("rows", "integer", "How many rows of this vehicle; empty: a page about it"),
            Column("under", "text", "What allowed it: grant, license or role"),
            Column("under_id", "text", "Which one"),
            Column("note", "text", "What for, in words"),
        ),
        read_rows,
    ),
    listed(
        "parked_times",
        "six hours and more in which a vehicle was neither driven nor charged",
        lambda user: by_epoch(ParkedStretch.objects.order_by("since", "pk"), owner=user),
        VEHICLE,
        at("since", "moment", "The moment of the first level"),
        at("until", "moment", "The moment of the last level"),
        at("before_pct", "number", "The charge level at the first", unit="percent"),
        at("after_pct", "number", "The charge level at the last", unit="percent"),
        at("celsius", "number", "The mean of the air outside", unit="°C"),
    ),
    listed(
        "contact_habits",
        "how often a vehicle of yours is usually heard",
        lambda user: VehicleContact.objects.filter(vehicle__in=in_garage(owner=user)).order_by("pk"),
        VEHICLE,
        at("driving_gaps", "json", "How often gaps between messages were of each length while it drove"),
        at("parked_gaps", "json", "The same while it was parked"),
        at("learned_until", "moment", "Up to when this was learned"),
        at("late_after", "text", "How long a silence is unusual"),
        at("quiet_after", "text", "How long a silence is that you are told of"),
    ),
)
