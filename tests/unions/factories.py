"""People, vehicles and unions for tests of this room, made by the rules themselves where a rule exists."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from dimo.users.models import User
from unions import founding, levels, membership
from unions.evaluator import UseRequest
from unions.models import Membership, Union
from unions.notices import Notice, notice
from vehicles.models import Vehicle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING: dict[str, Any] = {
    "allow": [
        {
            "signal_class": name,
            "tier_max": "pseudonymous_rows",
            "purposes": ["research_np", "battery_analytics"],
            "buyer_categories": ["academic", "energy"],
        }
        for name in ("location.precise", "behavior", "battery", "energy", "diagnostics", "odometer")
    ],
    "k": 5,
    "retention_days": 365,
}
PRICES = {"battery": {"aggregate": "400000", "pseudonymous_rows": "2600000"}}
_numbers = itertools.count(1)


def user(**fields: Any) -> User:
    return User.objects.create_user(f"person-{next(_numbers)}@example.org", **fields)


def vehicle(owner: User | None = None, **fields: Any) -> Vehicle:
    return Vehicle.objects.create(owner=owner or user(), **{"powertrain": "electric", **fields})


def union(*, rules: dict[str, Any] | None = None, opened: bool = True, now: datetime = NOW, **fields: Any) -> Union:
    """A union founded by the rules, open unless said otherwise; its founder is `union.seats.get().user`."""
    founder = fields.pop("founder", None) or user()
    made = founding.found_union(
        founder=founder,
        name=fields.pop("name", f"Union {next(_numbers)}"),
        rules=rules or EVERYTHING,
        prices=fields.pop("prices", PRICES),
        union_fee_bps=fields.pop("union_fee_bps", 500),
        split_rule=fields.pop("split_rule", "equal"),
        now=now - DAY,
        **fields,
    )
    return founding.open_union(union=made, actor=founder, now=now - DAY) if opened else made


def member(of: Union | None = None, *, now: datetime = NOW - DAY, **fields: Any) -> Membership:
    """An active membership of a new vehicle."""
    car = fields.pop("vehicle", None) or vehicle(**fields)
    return membership.join_union(union=of or union(), vehicle=car, member=car.owner, now=now)


def shown(notice_id: str = "level-1") -> Notice:
    return notice(notice_id, screen_id="test")


def allow(row: Membership, signal_class: str, level: str, *, now: datetime = NOW, **fields: Any) -> list[Any]:
    return levels.set_level(
        union=row.union,
        vehicle=row.vehicle,
        signal_class=signal_class,
        level=level,
        actor=row.member,
        notice=shown(),
        now=now,
        **fields,
    )


def use(of: Union, *signal_classes: str, **fields: Any) -> UseRequest:
    values: dict[str, Any] = {
        "union_id": of.pk,
        "buyer": UUID(int=7),
        "buyer_category": "academic",
        "buyer_country": "FI",
        "purpose": "research_np",
        "tier": "pseudonymous_rows",
        "signal_classes": signal_classes or ("battery.soc",),
        "retention_days": 90,
        "prices": {},
        **fields,
    }
    return UseRequest(**values)


def another_buyer() -> UUID:
    return uuid4()
