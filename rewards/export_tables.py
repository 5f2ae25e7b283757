"""What rewards add to a person's export: each line by which they were paid, and their account in the books."""

from typing import Final

from dimo.ledger.models import Entry
from rewards.models import Share
from vehicles.exports.tables import at, listed

TABLES: Final = (
    listed(
        "earnings",
        "a vehicle's part of a settled sale",
        lambda user: Share.objects.filter(member=user).order_by(
            "settlement__settled_at", "settlement_id", "vehicle_id"
        ),
        at("license", "integer", "The license's number", path="settlement__license__number"),
        at("vehicle", "text", "The vehicle's number", path="vehicle__public_id"),
        at("rows", "integer", "How many rows were this vehicle's"),
        at("weight", "integer", "Their weight"),
        at("of_weight", "integer", "The weight of all vehicles together", path="settlement__weight"),
        at("amount", "money", "What it brought you, in the asset's base units"),
        at("asset", "text", "What the amount is counted in", path="settlement__asset"),
        at("settled_at", "moment", "When it was settled", path="settlement__settled_at"),
    ),
    listed(
        "ledger",
        "an entry of your account in the books",
        lambda user: Entry.objects.filter(account__owner=user.public_id, account__kind="driver").order_by("journal_id"),
        at("journal", "text", "The business event's number", path="journal__public_id"),
        at("event", "text", "What it was", path="journal__kind"),
        at("amount", "money", "What came (positive) or went (negative), in the asset's base units"),
        at("asset", "text", "What the amount is counted in", path="journal__asset"),
        at("at", "moment", "When it happened", path="journal__created_at"),
    ),
)
