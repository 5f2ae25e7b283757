"""What unions add to a person's export: memberships, seats, and every word on consent."""

from typing import Final

from unions.models import ConsentEvent, Membership, Seat
from vehicles.exports.tables import at, listed

UNION: Final = at("union", "text", "The union's name", path="union__name")
VEHICLE: Final = at("vehicle", "text", "The vehicle's number", path="vehicle__public_id")
TABLES: Final = (
    listed(
        "memberships",
        "a vehicle of yours in a union",
        lambda user: Membership.objects.filter(member=user).order_by("joined_at", "pk"),
        at("membership", "text", "The membership's number", path="id"),
        UNION,
        VEHICLE,
        at("state", "text", "Whether it is requested, active, left or refused"),
        at("joined_at", "moment", "When it began"),
        at("left_at", "moment", "When it ended"),
    ),
    listed(
        "union_seats",
        "a role of yours in running a union",
        lambda user: Seat.objects.filter(user=user).order_by("since", "pk"),
        UNION,
        at("role", "text", "Which role"),
        at("since", "moment", "Since when"),
        at("until", "moment", "Until when; empty: still"),
    ),
    listed(
        "consents",
        "something that you allowed, denied or ended; every word there was, in order",
        lambda user: ConsentEvent.objects.filter(member=user).order_by("seq"),
        at("event", "text", "The word's number", path="event_id"),
        at("kind", "text", "Whether it allows, denies or ends"),
        UNION,
        VEHICLE,
        at("membership", "text", "The membership's number", path="membership_id"),
        at("ends", "text", "The word that it ends", path="ends__event_id"),
        at("signal_class", "text", "Which class of data; * is every one"),
        at("tier_max", "text", "Up to which tier"),
        at("precision", "text", "How fine: coarse or exact"),
        at("purpose", "text", "For which purpose; * is every one that the policy named"),
        at("buyer_category", "text", "For which kind of buyer; * is every one that the policy named"),
        at("buyer", "text", "For one buyer alone: its number"),
        at("min_price", "integer", "The least that it must bring you, in base units of a vehicle and 30 days"),
        at("retention_max_days", "integer", "How long the buyer may keep it", unit="days"),
        at("countries", "json", "Buyer countries; empty: any"),
        at("data_from", "moment", "Of data measured from here on; empty: from the first"),
        at("data_until", "moment", "Of data measured before this; empty: without an end"),
        at("valid_from", "moment", "From when on it counts"),
        at("valid_until", "moment", "Until when it counts"),
        at("policy", "integer", "Under which version of the union's policy", path="policy__number"),
        at("notice", "text", "Which text you were shown", path="notice_id"),
        at("locale", "text", "In which language"),
        at("screen", "text", "On which screen", path="screen_id"),
        at("method", "text", "How you said it"),
        at("at", "moment", "When you said it"),
    ),
)
