"""What the API tells an owner of verdicts."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vehicles.models import MovementVerdict
from vehicles.movement import words


class ReasonSerializer(serializers.Serializer[dict[str, object]]):
    """`code` never changes; `said` and `advice` may be worded better."""

    code = serializers.CharField()
    facts = serializers.DictField()
    said = serializers.CharField()
    advice = serializers.CharField()


class VerdictSerializer(serializers.ModelSerializer[MovementVerdict]):
    """The newest revision of one week. Distances are kilometers of drives that count, `signed_share` is 0 to 1."""

    week = serializers.SerializerMethodField(help_text="ISO week, such as 2026-W47")
    reasons = serializers.SerializerMethodField()
    drives = serializers.SerializerMethodField(help_text="each with what refused it, or an empty string")

    class Meta:
        model = MovementVerdict
        fields = (
            *("week", "revision", "judged_at", "proved", "earns", "kind", "km", "gps_km", "odometer_km"),
            *("trips", "days", "signed_share", "witnesses", "reasons", "drives"),
        )

    def get_week(self, row: MovementVerdict) -> str:
        return f"{row.week:%G-W%V}"

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, row: MovementVerdict) -> list[dict[str, object]]:
        return [
            {**reason, "said": said, "advice": advice}
            for reason in row.reasons
            for said, advice in [words.sentence(reason)]
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_drives(self, row: MovementVerdict) -> list[dict[str, object]]:
        return list(row.evidence.get("drives", []))
