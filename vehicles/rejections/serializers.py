"""What was refused, as JSON."""

from rest_framework import serializers

from vehicles import words
from vehicles.models import KeptRejection
from vehicles.rejections.advice import advice
from vehicles.rejections.reading import Part, opened


class RefusedPartSerializer(serializers.Serializer[Part]):
    """A signal or event that was refused; `at` is its place in the list that was sent."""

    at = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.SerializerMethodField()

    def get_reason(self, part: Part) -> str:
        return words.refusal(part.code)


class RejectionSerializer(serializers.Serializer[KeptRejection]):
    """`sent` is the envelope as JSON, with no more of its data than was refused; where `cut`, only its beginning."""

    received_at = serializers.DateTimeField()
    device = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField()
    advice = serializers.CharField()
    detail = serializers.CharField()
    event_id = serializers.CharField()
    refused = RefusedPartSerializer(many=True)
    size = serializers.IntegerField(help_text="bytes that were sent")
    cut = serializers.BooleanField()
    sent = serializers.CharField()

    def to_representation(self, row: KeptRejection) -> dict[str, object]:
        kept = opened(row)
        about = {
            name: getattr(kept, name) for name in ("received_at", "device", "code", "detail", "size", "cut", "sent")
        }
        told = {"reason": words.refusal(kept.code), "advice": advice(kept.code), "event_id": kept.event}
        return dict(super().to_representation(about | told | {"refused": kept.parts}))
