"""Exports by REST: asking for one and following it. The archive itself is fetched on the page, signed in afresh."""

from typing import cast

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles.exports import building
from vehicles.exports.serializers import ExportSerializer
from vehicles.exports.tasks import hint_export

SHOWN = 20


class Exports(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="Your exports, newest first", tags=["account"], responses=ExportSerializer(many=True))
    def get(self, request: Request) -> Response:
        exports = building.exports_of(owner=cast(User, request.user))[:SHOWN]
        return Response(ExportSerializer(exports, many=True).data)

    @extend_schema(
        summary="Ask for an export of everything the account holds",
        tags=["account"],
        request=None,
        responses={202: ExportSerializer},
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        asked = building.start_export(owner=cast(User, request.user), now=now())
        hint_export(export_id=asked.pk)
        return Response(ExportSerializer(asked).data, status=202)
