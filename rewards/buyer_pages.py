"""What a buyer sees of a settlement: where the price went, in totals."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dimo.money import format_amount
from dimo.pages.slots import respond
from licensing import callers
from rewards import selectors
from rewards.statements import parts_of


@require_safe
@login_required
def license_settlement(request: HttpRequest, license_id: UUID) -> HttpResponse:
    """Totals per kind of party, never identities; until the price is shared out, that it will be."""
    license = callers.license_of(request, license_id)
    settlement = selectors.settlement_of(license_id=license.pk)
    context = {
        "license": license,
        "settlement": settlement,
        "parts": parts_of(settlement=settlement) if settlement else [],
        "price": format_amount(int(license.price), license.asset, exact=True),
    }
    return respond(request, "rewards/_license_settlement.html", context, title=_("Where the price went"))
