"""Verdicts by REST, for the vehicle's owner alone."""

from typing import cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView

from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import selectors as own
from vehicles.models import MovementVerdict
from vehicles.movement import selectors
from vehicles.movement.serializers import VerdictSerializer


class NewestWeeks(CursorPage):
    ordering = ("-week", "-id")


@extend_schema(summary="Proof of movement by week, newest first", tags=["vehicles"])
class VerdictList(ListAPIView[MovementVerdict]):
    serializer_class = VerdictSerializer
    pagination_class = NewestWeeks
    permission_classes = (HasScope("driver"),)
    queryset = MovementVerdict.objects.none()

    def get_queryset(self) -> QuerySet[MovementVerdict]:
        vehicles = own.vehicles_of(owner=cast(User, self.request.user))
        return selectors.weeks_of(vehicle=get_object_or_404(vehicles, public_id=self.kwargs["public_id"]))
