"""JSON for the wallet module of our pages: ask for a message, bring its signature. Cookies and CSRF as for forms."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from dimo.api import problems
from dimo.errors import DomainError
from dimo.users.models import User
from dimo.wallets import linking, nonces
from dimo.wallets.models import Wallet

LARGEST_CHAIN_ID = 10**17


class WalletRequestMalformed(DomainError):
    """The request is a JSON object with the fields that its description names."""

    status = 400


class SignedOut(DomainError):
    """Sign in first, then link a wallet."""

    status = 401


View = Callable[[HttpRequest, dict[str, Any]], HttpResponse]


def json_door(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """POST of a JSON object; refusals as problem+json."""

    @require_POST
    @never_cache
    @wraps(view)
    def door(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, _read(request))
        except DomainError as refusal:
            return cast(HttpResponse, problems.handle(refusal, {"request": request}))

    return door


@json_door
def nonce(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    """`{purpose: "link" | "sign-in", address, chain_id}` → `{message}` to be signed by personal_sign."""
    if asked.get("purpose") not in nonces.Purpose.values:
        raise WalletRequestMalformed('A purpose is "link" or "sign-in".', field="purpose")
    chain_id = asked.get("chain_id", 1)
    if type(chain_id) is not int or not 0 < chain_id < LARGEST_CHAIN_ID:
        raise WalletRequestMalformed("A chain is named by a positive number.", field="chain_id")
    message = nonces.ask(
        session=request.session,
        purpose=nonces.Purpose(asked["purpose"]),
        address=_text(asked, "address"),
        chain_id=chain_id,
        now=timezone.now(),
    )
    return JsonResponse({"message": message})


@json_door
@sensitive_variables("answer")
def link(request: HttpRequest, answer: dict[str, Any]) -> HttpResponse:
    """`{message, signature}` → 201 `{id, address}`. The message's number is used up, whatever comes out."""
    if not request.user.is_authenticated:
        raise SignedOut
    now = timezone.now()
    expected = nonces.take(session=request.session, purpose=nonces.Purpose.LINK, now=now)
    wallet = linking.link_wallet(
        user=request.user,
        message=_text(answer, "message"),
        signature=_text(answer, "signature"),
        expected=expected,
        now=now,
    )
    return JsonResponse({"id": wallet.pk, "address": wallet.address}, status=201)


@json_door
@sensitive_variables("answer")
def sign_in(request: HttpRequest, answer: dict[str, Any]) -> HttpResponse:
    """`{message, signature, next?}` → `{next}`: where to go, which may ask for the second factor first."""
    now = timezone.now()
    expected = nonces.take(session=request.session, purpose=nonces.Purpose.SIGN_IN, now=now)
    person = linking.person_of(
        message=_text(answer, "message"), signature=_text(answer, "signature"), expected=expected, now=now
    )
    onward = answer.get("next")
    safe = isinstance(onward, str) and url_has_allowed_host_and_scheme(
        onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = perform_login(request, person, redirect_url=onward if safe else None)
    return JsonResponse({"next": response["Location"]})


@require_POST
@login_required
def unlink(request: HttpRequest, wallet_id: int) -> HttpResponse:
    """A form's POST; back to the settings."""
    try:
        linking.unlink_wallet(user=cast(User, request.user), wallet_id=wallet_id, now=timezone.now())
    except Wallet.DoesNotExist as missing:
        raise Http404 from missing
    messages.success(request, _("The wallet is unlinked."))
    return redirect("settings")


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:  # neither UTF-8 nor JSON
        raise WalletRequestMalformed from error
    if not isinstance(body, dict):
        raise WalletRequestMalformed
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or "\0" in value:
        raise WalletRequestMalformed("A text is missing here.", field=name)
    return value
