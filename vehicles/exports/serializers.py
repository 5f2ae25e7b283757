"""What the API says of an export."""

from rest_framework import serializers

from vehicles.models import DataExport


class ExportSerializer(serializers.ModelSerializer[DataExport]):
    sha256 = serializers.SerializerMethodField(help_text="of the archive, hexadecimal; null until it is ready")

    class Meta:
        model = DataExport
        fields = (
            "id", "state", "phase", "done_parts", "total_parts", "size", "sha256", "asked_at", "finished_at",
            "expires_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_sha256(self, export: DataExport) -> str | None:
        return bytes(export.sha256).hex() if export.sha256 else None
