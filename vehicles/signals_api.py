"""Values of signals over a period, for their owner and for the apps that the owner lets read."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.errors import DomainError
from dimo.oauth.scopes import EXACT, OFF
from vehicles import app_reads, app_signals
from vehicles.api import own_vehicle
from vehicles.app_scopes import LOCATION, class_of
from vehicles.app_serializers import HistoryQuestion, HistorySerializer
from vehicles.app_signals import BINS, MOST_NAMES, Told, Wanted
from vehicles.apps_api import app_of
from vehicles.coarsening import EPOCH
from vehicles.signals import Signal, by_name

DAY = timedelta(days=1)


class SignalUnknown(DomainError):
    """Name 1 to 20 signals of the catalog, separated by commas."""

    status = 400


class CursorUnreadable(DomainError):
    """The cursor is not one of ours; begin again without it."""

    status = 400


class SignalHistory(APIView):
    permission_classes = (HasScope("driver"),)
    read_by_apps = True

    @extend_schema(
        summary="Values of signals over a period, oldest first",
        tags=["vehicles"],
        parameters=[HistoryQuestion, OpenApiParameter("from", datetime, description="default: a day before `to`")],
        responses=HistorySerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        form = HistoryQuestion(data=request.query_params)
        form.is_valid(raise_exception=True)
        asked: dict[str, Any] = form.validated_data
        moment = now()
        until = asked.get("to") or moment
        since = asked.get("from") or max(until, EPOCH + DAY) - DAY
        signals = named(asked["names"])
        credential = app_of(request)
        reach = credential and app_reads.reach(credential=credential, public_id=public_id, now=moment)
        vehicle = reach.vehicles[0] if reach else own_vehicle(request, public_id)
        wanted = [Wanted(signal, reach.fineness(signal) if reach else EXACT) for signal in signals]
        if reach and not any(each.fineness for each in wanted):
            raise reach.refusal(*sorted({class_of(signal) for signal in signals}))
        interval = BINS.get(asked.get("interval", ""))
        told = app_signals.history(
            asked=app_signals.question(
                vehicle=vehicle, wanted=wanted, interval=interval, for_app=reach is not None, now=moment
            ),
            since=since,
            until=until,
            after=place_of(asked.get("cursor")),
            most=asked["page_size"],
        )
        if reach:
            scopes = app_reads.scopes_told(each for each in wanted if each.fineness)
            rows = {vehicle.pk: len(told.points)}
            app_reads.log_read(
                reach=reach, what="signals", scopes=scopes, rows=rows, since=since, until=until, now=moment
            )
        return Response(HistorySerializer(body(request, told, wanted)).data)


def body(request: Request, told: Told, wanted: list[Wanted]) -> dict[str, Any]:
    return {
        "next": next_page(request, told.after),
        "results": [app_signals.row_of(point) for point in told.points],
        "withheld": [withheld(each.signal) for each in wanted if each.fineness == OFF],
    }


def named(names: str) -> list[Signal]:
    """Raises: SignalUnknown."""
    wanted = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if not 1 <= len(wanted) <= MOST_NAMES or not all(name in by_name for name in wanted):
        raise SignalUnknown(field="names")
    return [by_name[name] for name in wanted]


def withheld(signal: Signal) -> dict[str, str]:
    name = class_of(signal)
    return {"name": signal.name, "missing": f"{name}:precise" if name == LOCATION else name}


def place_of(cursor: str | None) -> tuple[datetime, int] | None:
    """Raises: CursorUnreadable."""
    if cursor is None:
        return None
    try:
        moment, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(moment).astimezone(UTC), int(number)
    except (ValueError, OverflowError) as error:
        raise CursorUnreadable(field="cursor") from error


def next_page(request: Request, after: tuple[datetime, int] | None) -> str | None:
    """This address with the cursor behind the last row; it holds no more than the row told."""
    if after is None:
        return None
    query = request._request.GET.copy()
    query["cursor"] = base64.urlsafe_b64encode(f"{after[0].isoformat()} {after[1]}".encode()).decode()
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
