"""Unions for everybody, and an owner's own consent, as an API."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from unions import consent, levels, selectors
from unions.matrix import Matrix, matrix_of
from unions.models import Union
from unions.notices import notice
from unions.serializers import ConsentSerializer, UnionDetailSerializer, UnionSerializer
from vehicles import ownership_selectors
from vehicles.models import Vehicle


class UnionPage(CursorPage):
    ordering = "name"


class UnionList(APIView):
    """Open unions, by name."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=UnionSerializer(many=True))
    def get(self, request: Request) -> Response:
        pages = UnionPage()
        unions = pages.paginate_queryset(selectors.open_unions(), request, view=self) or []
        counts = selectors.vehicle_counts(unions=unions)
        return pages.get_paginated_response(UnionSerializer(unions, many=True, context={"counts": counts}).data)


class UnionDetail(APIView):
    """An open union with its policy and price list in force."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=UnionDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        union = selectors.open_unions().filter(slug=slug).first()
        if union is None:
            raise Http404
        return Response(UnionDetailSerializer(_described(union)).data)


class ConsentList(APIView):
    """The owner's own matrix: one entry per union and kind of data of one vehicle."""

    permission_classes = (IsAuthenticated, HasScope("driver"))

    @extend_schema(
        parameters=[OpenApiParameter("vehicle", str, description="Public id; the first vehicle if left out.")],
        responses=ConsentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What is allowed now."""
        field = ConsentSerializer().fields["vehicle"]
        named = request.query_params.get("vehicle")
        try:
            shown = matrix_of(
                member=_person(request), now=timezone.now(), vehicle=field.run_validation(named) if named else None
            )
        except Vehicle.DoesNotExist:
            raise Http404 from None
        return Response(ConsentSerializer(_cells(shown), many=True).data)

    @extend_schema(request=ConsentSerializer, responses={200: ConsentSerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        """Set one cell; answers with the cell as it stands then."""
        asked = ConsentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        union = Union.objects.filter(slug=values["union"]).first()
        vehicle = ownership_selectors.in_garage(owner=_person(request)).filter(public_id=values["vehicle"]).first()
        if union is None or vehicle is None:
            raise consent.NotYourMembership
        levels.set_level(
            union=union,
            vehicle=vehicle,
            signal_class=values["signal_class"],
            level=values["level"],
            actor=_person(request),
            notice=notice("level-1", screen_id="api"),
            now=timezone.now(),
            include_history=values["include_history"],
        )
        shown = matrix_of(member=_person(request), now=timezone.now(), vehicle=vehicle.public_id)
        stands = next(
            cell
            for cell in _cells(shown)
            if cell["union"] == union.slug and cell["signal_class"] == values["signal_class"]
        )
        return Response(ConsentSerializer(stands).data)


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def _cells(shown: Matrix) -> list[dict[str, Any]]:
    return [
        {
            "union": cell.union.slug,
            "vehicle": shown.vehicle.public_id if shown.vehicle else None,
            "signal_class": cell.signal,
            "level": cell.level,
            "levels": [level for level, _ in cell.levels],
        }
        for row in shown.rows
        for cell in row.cells
    ]


def _described(union: Union) -> dict[str, Any]:
    now = timezone.now()
    policy = selectors.policy_at(union=union, now=now)
    terms = selectors.terms_at(union=union, now=now)
    return {
        "id": union.pk,
        "slug": union.slug,
        "name": union.name,
        "tagline": union.tagline,
        "charter": union.charter,
        "admission": union.admission,
        "powertrains": union.powertrains,
        "vehicles": selectors.vehicle_counts(unions=[union])[union.pk],
        "policy": policy
        and {
            "number": policy.number,
            "sha256": bytes(policy.sha256).hex(),
            "rules": policy.rules,
            "text": policy.text,
            "effective_at": policy.effective_at,
        },
        "terms": terms,
    }
