"""A small API of its own, on which the base is tried: it stands for the rooms' views."""

from typing import Any
from uuid import uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.models import ApiKey
from dimo.api.permissions import HasScope
from dimo.audit import trail
from dimo.errors import DomainError


class TooLate(DomainError):
    """The offer has ended."""


class Row(serializers.Serializer[Any]):
    price = serializers.IntegerField(min_value=1)


class Order(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=10)
    rows = Row(many=True)


class Echo(APIView):
    def get(self, request: Request) -> Response:
        return Response({"hello": request.user.pk})

    def post(self, request: Request) -> Response:
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        return Response(order.validated_data, status=201)


class Fails(APIView):
    def get(self, request: Request, how: str) -> Response:
        match how:
            case "domain":
                raise TooLate("The offer ended on Monday.", field="offer", ended_on="2026-11-23")
            case "missing":
                raise ObjectDoesNotExist("a row with a secret in its message")
            case "lock":
                raise OperationalError("canceling statement due to lock timeout")
        raise RuntimeError("a fault")


class Acts(APIView):
    """Writes one audit event per act, so that a test can count acts."""

    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        event = trail.record(actor=request.user, action="test.acted", object_kind="test", object_id=str(uuid4()))
        match request.data.get("then"):
            case "refuse":
                raise TooLate
            case "crash":
                raise RuntimeError("killed in the middle")
            case "away":
                return Response({"code": "upstream_away"}, status=503)
            case "invalid":
                raise serializers.ValidationError({"then": "no"})
        return Response({"b": str(event.pk), "a": 1}, status=201, headers={"Location": f"/acts/{event.pk}"})


class BuyersOnly(APIView):
    permission_classes = (HasScope("buyer"),)

    def get(self, request: Request) -> Response:
        return Response({"ok": True})


class Row2(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields = ("label",)


class Listing(ListAPIView[ApiKey]):
    serializer_class = Row2
    queryset = ApiKey.objects.all()


def refuses(request: HttpRequest) -> HttpResponse:
    raise TooLate


def lacks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ApiKey.objects.get(prefix="none").label)


def waits(request: HttpRequest) -> HttpResponse:
    raise OperationalError("canceling statement due to lock timeout")


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault")


urlpatterns = [
    path("api/v1/echo/", Echo.as_view()),
    path("api/v1/fails/<str:how>/", Fails.as_view()),
    path("api/v1/acts/", Acts.as_view()),
    path("api/v1/buyers/", BuyersOnly.as_view()),
    path("api/v1/listing/", Listing.as_view()),
    path("page/refuses/", refuses),
    path("api/v1/plain/", refuses),
    path("page/breaks/", breaks),
    path("page/lacks/", lacks),
    path("page/waits/", waits),
    path("", include("dimo.urls")),
]
handler400 = "dimo.api.problems.bad_request"
handler403 = "dimo.api.problems.permission_denied"
handler404 = "dimo.api.problems.page_not_found"
handler500 = "dimo.api.problems.server_error"
