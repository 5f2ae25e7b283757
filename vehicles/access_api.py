"""Who read what of one's vehicles, by REST."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.audit import access_selectors
from dimo.audit.models import AccessEntry
from dimo.users.models import User
from vehicles.models import Vehicle


class AccessEntrySerializer(serializers.ModelSerializer[AccessEntry]):
    """`scopes` are classes with their precision; `since` and `until` the period of the data that was read."""

    vehicle = serializers.SerializerMethodField()

    class Meta:
        model = AccessEntry
        fields = (
            *("id", "at", "vehicle", "reader", "reader_id", "reader_name", "what", "scopes", "since", "until"),
            *("rows", "under", "under_id", "note"),
        )

    def get_vehicle(self, entry: AccessEntry) -> UUID | None:
        names: dict[int, UUID] = self.context.get("vehicles", {})
        return names.get(entry.vehicle_id or 0)


class NewestReads(CursorPage):
    ordering = ("-at", "-id")


@extend_schema(summary="Who read what of your vehicles, and when", tags=["apps"])
class AccessLog(ListAPIView[AccessEntry]):
    serializer_class = AccessEntrySerializer
    pagination_class = NewestReads
    permission_classes = (HasScope("driver"),)
    queryset = AccessEntry.objects.none()

    def get_queryset(self) -> QuerySet[AccessEntry]:
        return access_selectors.entries_of(owner=cast(User, self.request.user))

    def get_serializer_context(self) -> dict[str, Any]:
        mine = Vehicle.objects.filter(ownerships__owner=cast(User, self.request.user))
        return super().get_serializer_context() | {"vehicles": dict(mine.values_list("pk", "public_id"))}
