"""What licensing adds to a person's export: which sales held their rows, to whom and for what; seats at buyers."""

from typing import Final

from licensing.models import Contribution, OrganizationSeat
from vehicles.exports.tables import at, listed

TABLES: Final = (
    listed(
        "sales",
        "a delivered license that held rows of a vehicle of yours",
        lambda user: Contribution.objects.filter(member=user).order_by("license__delivered_at", "pk"),
        at("license", "integer", "The license's number", path="license__number"),
        at("vehicle", "text", "The vehicle's number", path="vehicle__public_id"),
        at("union", "text", "The union that sold it", path="union__name"),
        at("buyer", "text", "Who bought it", path="license__organization__name"),
        at("buyer_category", "text", "What kind of buyer that is", path="license__organization__category"),
        at("buyer_country", "text", "The buyer's country", path="license__organization__country"),
        at("purpose", "text", "For which purpose", path="license__quote__purpose"),
        at("tier", "text", "At which tier", path="license__quote__tier"),
        at("signals", "json", "Which signals", path="license__quote__signals"),
        at("period_from", "moment", "Data measured from here on", path="license__quote__period_from"),
        at("period_to", "moment", "Data measured before this", path="license__quote__period_to"),
        at("rows", "integer", "How many rows were this vehicle's"),
        at("weight", "integer", "Their weight, by which the price was shared"),
        at("delivered_at", "moment", "When it was delivered", path="license__delivered_at"),
    ),
    listed(
        "organization_seats",
        "your role at a buyer's organization",
        lambda user: OrganizationSeat.objects.filter(user=user).order_by("pk"),
        at("organization", "text", "The organization's name", path="organization__name"),
        at("role", "text", "Which role"),
    ),
)
