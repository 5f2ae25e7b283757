"""What apps read by REST, and nothing else of a vehicle: the list, trips, newest values and their history.

Each answer is made first, then logged, then given; `app_reads.log_read` has the last word.
"""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.utils.timezone import now
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo import crypto
from dimo.api.pagination import CursorPage
from dimo.oauth.models import AppCredential
from dimo.oauth.scopes import OFF
from vehicles import app_reads, app_selectors, app_signals, app_trips
from vehicles.app_scopes import TRIPS, VEHICLES
from vehicles.app_serializers import AppTripSerializer, AppVehicleSerializer
from vehicles.app_signals import Wanted
from vehicles.models import Vehicle
from vehicles.serializers import LastValueSerializer
from vehicles.signals import by_id

ABOUT = ("make", "model", "year", "powertrain", "timezone")


def app_of(request: Request) -> AppCredential | None:
    """The app that asks, or None where an owner asks for themselves."""
    return request.auth if isinstance(request.auth, AppCredential) else None


class Asked(NamedTuple):
    """As much of a request as a cursor is read from."""

    query_params: Mapping[str, str]


class SealedPage(CursorPage):
    """A cursor holds the moment of the last row, which may be finer than an app may know; so it is sealed."""

    ordering = ("-started_at", "-id")

    def encode_cursor(self, cursor: Any) -> str:
        address = str(super().encode_cursor(cursor))
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        sealed = crypto.seal(query[self.cursor_query_param].encode(), label="app-cursor")
        query[self.cursor_query_param] = base64.urlsafe_b64encode(sealed).decode()
        return parts._replace(query=urlencode(query)).geturl()

    def decode_cursor(self, request: Request) -> Any:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            plain = crypto.unseal(base64.urlsafe_b64decode(text.encode()), label="app-cursor").decode()
        except (ValueError, crypto.SealBroken) as error:
            raise NotFound(self.invalid_cursor_message) from error
        return super().decode_cursor(cast(Request, Asked({self.cursor_query_param: plain})))


def vehicles(request: Request, credential: AppCredential) -> Response:
    """The vehicles that the owner chose, in the shape of a list."""
    moment = now()
    reach = app_reads.reach(credential=credential, public_id=None, now=moment)
    told = [told_vehicle(vehicle, reach) for vehicle in reach.vehicles]
    app_reads.log_read(
        reach=reach,
        what="vehicles",
        scopes=[VEHICLES] if reach.level(VEHICLES) else [],
        rows={vehicle.pk: 1 for vehicle in reach.vehicles},
        now=moment,
    )
    return Response({"next": None, "previous": None, "results": AppVehicleSerializer(told, many=True).data})


def told_vehicle(vehicle: Vehicle, reach: app_reads.Reach) -> dict[str, Any]:
    names = {scope.partition(":")[0] for scope in reach.grant.scopes}
    scopes = sorted(app_reads.scope_name(name, reach.level(name)) for name in names if reach.level(name))
    found = {"id": vehicle.public_id, "scopes": scopes, "expires_at": reach.grant.expires_at}
    if reach.level(VEHICLES):
        found |= {"nickname": vehicle.nickname, **{name: getattr(vehicle, name) for name in ABOUT}}
    return found


def trips(request: Request, view: APIView, credential: AppCredential, public_id: UUID) -> Response:
    """Trips, newest first."""
    moment = now()
    reach = app_reads.reach(credential=credential, public_id=public_id, now=moment)
    reach.demand(TRIPS)
    [vehicle] = reach.vehicles
    found = app_selectors.trips_for_apps(vehicle=vehicle, since=getattr(vehicle, "seen_since", None))
    pages = SealedPage()
    page = pages.paginate_queryset(found.select_related("source"), request, view=view) or []
    told = AppTripSerializer(app_trips.rows(trips=page, reach=reach), many=True).data
    app_reads.log_read(
        reach=reach,
        what="trips",
        scopes=app_trips.told_scopes(reach=reach),
        rows={vehicle.pk: len(page)},
        since=min((trip.started_at for trip in page), default=None),
        until=max((trip.ended_at for trip in page), default=None),
        now=moment,
    )
    return pages.get_paginated_response(told)


def latest(request: Request, credential: AppCredential, public_id: UUID) -> Response:
    """The newest value of each signal that was allowed; the others are absent."""
    moment = now()
    reach = app_reads.reach(credential=credential, public_id=public_id, now=moment)
    [vehicle] = reach.vehicles
    wanted = [Wanted(signal, fineness) for signal in by_id.values() if (fineness := reach.fineness(signal)) != OFF]
    if not wanted:
        raise reach.refusal("any signal")
    values = app_signals.last_values(vehicle=vehicle, wanted=wanted, now=moment)
    told = {value.signal.id for value in values}
    app_reads.log_read(
        reach=reach,
        what="latest",
        scopes=app_reads.scopes_told((each.signal, each.fineness) for each in wanted if each.signal.id in told),
        rows={vehicle.pk: len(values)},
        since=min((value.ts for value in values), default=None),
        until=max((value.ts for value in values), default=None),
        now=moment,
    )
    return Response(LastValueSerializer(values, many=True).data)  # type: ignore[arg-type]
