"""What programs read and send about unions and consent."""

from typing import Any, ClassVar

from rest_framework import serializers

from unions.models import Union
from unions.vocabulary import LEVELS, matrix_classes
from vehicles import kinds


class UnionSerializer(serializers.ModelSerializer[Union]):
    """An open union in a list."""

    vehicles = serializers.SerializerMethodField(help_text="Vehicles now; null while too few to be shown.")

    class Meta:
        model = Union
        fields: ClassVar = ["id", "slug", "name", "tagline", "admission", "powertrains", "vehicles"]

    def get_vehicles(self, union: Union) -> int | None:
        counts: dict[Any, int | None] = self.context["counts"]
        return counts.get(union.pk)


class PolicySerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Hex, over the canonical JSON of rules and text.")
    rules = serializers.JSONField()
    text = serializers.CharField()
    effective_at = serializers.DateTimeField()


class TermsSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    asset = serializers.CharField()
    prices = serializers.JSONField(help_text="Class, then tier, then base units per vehicle and 30 days, as strings.")
    union_fee_bps = serializers.IntegerField()
    split_rule = serializers.CharField()


class UnionDetailSerializer(serializers.Serializer[Any]):
    """A union with its policy and price list in force."""

    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    tagline = serializers.CharField()
    charter = serializers.CharField()
    admission = serializers.CharField()
    powertrains = serializers.ListField(child=serializers.CharField())
    vehicles = serializers.IntegerField(allow_null=True)
    policy = PolicySerializer(allow_null=True)
    terms = TermsSerializer(allow_null=True)


class ConsentSerializer(serializers.Serializer[Any]):
    """One cell of the owner's matrix."""

    union = serializers.SlugField()
    vehicle = serializers.UUIDField()
    signal_class = serializers.ChoiceField([name for kind in kinds.by_name for name in matrix_classes(kind)])
    level = serializers.ChoiceField(LEVELS)
    levels = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="What may be chosen.")
    include_history = serializers.BooleanField(
        default=False, write_only=True, help_text="Also data measured before now; false unless said."
    )
