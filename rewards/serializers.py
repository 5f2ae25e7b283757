"""What the API answers about settlements. Amounts are strings of integer base units beside their asset."""

from typing import Any

from rest_framework import serializers

from rewards.models import Settlement

KINDS = ("protocol", "union", "drivers", "holdback")


class PartySerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    amount = serializers.CharField()


class SettlementSerializer(serializers.Serializer):
    """Totals per kind of party. They sum to the price; who the drivers are is nobody's business."""

    license = serializers.UUIDField(source="pk")
    asset = serializers.CharField()
    price = serializers.CharField()
    parties = PartySerializer(many=True)
    protocol_fee_bps = serializers.IntegerField()
    union_fee_bps = serializers.IntegerField()
    split_rule = serializers.CharField()
    settled_at = serializers.DateTimeField()
    journal = serializers.UUIDField(source="journal.public_id")

    def to_representation(self, instance: Settlement) -> dict[str, Any]:
        instance.parties = [  # type: ignore[attr-defined]
            {"kind": kind, "amount": str(getattr(instance, f"{kind}_amount"))} for kind in KINDS
        ]
        return super().to_representation(instance)
