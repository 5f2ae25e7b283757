"""Registering apps by program, with a key that bears the scope `developer`."""

from typing import Any, cast
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.oauth import registration
from dimo.oauth.models import App
from dimo.users.models import User


class AppSerializer(serializers.ModelSerializer[App]):
    """`client_secret` stands in the answer that made it and nowhere else."""

    client_id = serializers.CharField(read_only=True)
    client_secret = serializers.CharField(read_only=True, required=False)
    confidential = serializers.BooleanField(write_only=True, default=False)
    redirect_uris = serializers.ListField(child=serializers.CharField(max_length=300), min_length=1, max_length=10)
    scopes = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=60)

    class Meta:
        model = App
        fields = (
            *("client_id", "client_secret", "name", "publisher", "website", "redirect_uris", "scopes"),
            *("confidential", "registered_at", "verified_at", "suspended_at"),
        )
        read_only_fields = ("registered_at", "verified_at", "suspended_at")


class AppList(APIView):
    permission_classes = (HasScope("developer"),)

    @extend_schema(summary="Your apps, newest first", tags=["apps"], responses=AppSerializer(many=True))
    def get(self, request: Request) -> Response:
        apps = registration.apps_of(developer=cast(User, request.user))
        return Response(AppSerializer(apps, many=True).data)

    @extend_schema(summary="Register an app", tags=["apps"], request=AppSerializer, responses={201: AppSerializer})
    def post(self, request: Request) -> Response:
        form = AppSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = cast(dict[str, Any], form.validated_data)
        app, secret = registration.register_app(developer=cast(User, request.user), now=now(), **values)
        told = dict(AppSerializer(app).data)
        return Response({**told, "client_secret": secret} if secret else told, status=201)


class AppDetail(APIView):
    permission_classes = (HasScope("developer"),)

    @extend_schema(summary="Close an app for good", tags=["apps"], responses={204: None})
    def delete(self, request: Request, app_id: UUID) -> Response:
        registration.close_app(developer=cast(User, request.user), app_id=app_id, now=now())
        return Response(status=204)
