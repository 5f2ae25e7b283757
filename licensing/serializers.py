"""What the buyer API takes and answers. Amounts are strings of integer base units beside their asset."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing import listing
from licensing.models import License, Offer, Quote
from vehicles.signals import by_name


class SignalSerializer(serializers.Serializer):
    name = serializers.CharField()
    unit = serializers.CharField()
    signal_class = serializers.CharField()


class OfferSerializer(serializers.ModelSerializer[Offer]):
    union = serializers.SerializerMethodField()
    signals = serializers.SerializerMethodField()
    asset = serializers.SerializerMethodField()
    prices = serializers.SerializerMethodField(help_text="tier → class → base units per vehicle and 30 days")
    price_from = serializers.SerializerMethodField()
    k = serializers.SerializerMethodField(help_text="fewer members than this are never sold")

    class Meta:
        model = Offer
        fields = (
            "id", "name", "description", "union", "signals", "tiers", "purposes", "asset", "prices", "price_from", "k",
            "opened_at",
        )  # fmt: skip

    def to_representation(self, instance: Offer) -> dict[str, Any]:
        known = self.context.setdefault("listings", {})
        self.terms, self.floor = listing.of_union(union=instance.union, now=timezone.now(), known=known)
        self.listed = listing.offer_prices(offer=instance, terms=self.terms)
        return super().to_representation(instance)

    def get_union(self, offer: Offer) -> dict[str, str]:
        return {"id": str(offer.union_id), "slug": offer.union.slug, "name": offer.union.name}

    @extend_schema_field(SignalSerializer(many=True))
    def get_signals(self, offer: Offer) -> list[dict[str, str]]:
        known = [by_name[name] for name in offer.signals]
        return [{"name": one.name, "unit": one.unit, "signal_class": one.signal_class} for one in known]

    def get_asset(self, offer: Offer) -> str:
        return self.terms.asset if self.terms else ""

    def get_prices(self, offer: Offer) -> dict[str, dict[str, str]]:
        return {tier: {name: str(amount) for name, amount in row.items()} for tier, row in self.listed.items()}

    def get_price_from(self, offer: Offer) -> str | None:
        lowest = listing.price_from(self.listed)
        return None if lowest is None else str(lowest)

    def get_k(self, offer: Offer) -> int | None:
        return self.floor


class QuoteRequestSerializer(serializers.Serializer):
    offer = serializers.UUIDField()
    to = serializers.DateTimeField(help_text="end of the period, not included")
    signals = serializers.ListField(child=serializers.CharField(max_length=80), min_length=1, max_length=100)
    tier = serializers.CharField(max_length=20)
    purpose = serializers.CharField(max_length=24)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of the language, so the field cannot be an attribute.
        return {**super().get_fields(), "from": serializers.DateTimeField(help_text="start of the period")}


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    price = serializers.SerializerMethodField()
    unit_price = serializers.SerializerMethodField(help_text="per vehicle for the whole period")
    to = serializers.DateTimeField(source="period_to")

    class Meta:
        model = Quote
        fields = (
            "id", "offer", "price", "unit_price", "asset", "vehicles", "rows_estimate", "signals", "tier", "purpose",
            "to", "created_at", "expires_at",
        )  # fmt: skip

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateTimeField(source="period_from")}

    def get_price(self, quote: Quote) -> str:
        return str(quote.price)

    def get_unit_price(self, quote: Quote) -> str:
        return str(quote.unit_price)


class PurchaseSerializer(serializers.Serializer):
    quote = serializers.UUIDField()


class BoughtSerializer(serializers.ModelSerializer[License]):
    price = serializers.SerializerMethodField()

    class Meta:
        model = License
        fields = ("id", "number", "state", "price", "asset")

    def get_price(self, license: License) -> str:
        return str(license.price)


class LicenseSerializer(BoughtSerializer):
    offer = serializers.UUIDField(source="quote.offer_id")
    quote = serializers.UUIDField(source="quote_id")
    union = serializers.UUIDField(source="union_id")
    organization = serializers.UUIDField(source="organization_id")
    tier = serializers.CharField(source="quote.tier")
    purpose = serializers.CharField(source="quote.purpose")
    signals = serializers.ListField(child=serializers.CharField(), source="quote.signals")
    progress = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = License
        fields = (
            *BoughtSerializer.Meta.fields, "offer", "quote", "union", "organization", "tier", "purpose", "signals",
            "progress", "failure", "files", "bought_at", "delivered_at", "settled_at",
        )  # fmt: skip

    def get_progress(self, license: License) -> dict[str, Any]:
        return {"phase": license.phase, "done": license.done_rows, "total": max(license.total_rows, license.done_rows)}

    def get_files(self, license: License) -> list[dict[str, Any]]:
        newest = max(license.datasets.all(), key=lambda dataset: dataset.revision, default=None)
        return list(newest.manifest["files"]) if newest else []


class BalanceSerializer(serializers.Serializer):
    asset = serializers.CharField()
    available = serializers.CharField()
    held = serializers.CharField(help_text="in escrow for licenses that are being built")
