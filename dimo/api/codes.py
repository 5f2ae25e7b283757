"""The page that explains every code a refusal may carry; a problem's `type` points at its line."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dimo.errors import DomainError

# What the framework itself answers, beside the rules' own refusals.
FRAMEWORK = {
    "invalid": (400, "The request is not valid; `errors` names each field and why."),
    "parse_error": (400, "The body is not JSON."),
    "bad_request": (400, "The request cannot be understood."),
    "body_unreadable": (400, "The body could not be read to its end."),
    "not_authenticated": (401, "Send an API key, or sign in."),
    "authentication_failed": (401, "The credentials do not work."),
    "key_malformed": (401, "Write it as: Authorization: Bearer <key>"),
    "permission_denied": (403, "You may not do this."),
    "app_not_allowed": (403, "Apps may not ask this, whatever their owner allowed; it takes a key or a person."),
    "scope_missing": (403, "This key does not bear the scope that the request needs."),
    "not_found": (404, "There is nothing here that you may see."),
    "method_not_allowed": (405, "This address does not answer that method."),
    "not_acceptable": (406, "None of the formats you accept can be given."),
    "body_too_large": (413, "The body is larger than we accept."),
    "unsupported_media_type": (415, "Send application/json."),
    "throttled": (429, "Too many requests; wait as long as Retry-After says."),
    "fault": (500, "We failed; the fault is logged under the request's id."),
    "try_again": (503, "A service we need did not answer in time."),
}


@dataclass(frozen=True)
class Code:
    code: str
    status: int
    meaning: str


def subclasses(kind: type[DomainError]) -> set[type[DomainError]]:
    return {kind for child in kind.__subclasses__() for kind in {child, *subclasses(child)}}


def known_codes() -> list[Code]:
    """Every code, in alphabetical order: the framework's, and those of all rules that are loaded."""
    own = {
        kind.code: Code(kind.code, kind.status, (kind.__doc__ or "").strip().splitlines()[0])
        for kind in subclasses(DomainError)
        if kind.__doc__
    }
    framework = {code: Code(code, status, meaning) for code, (status, meaning) in FRAMEWORK.items()}
    return [code for _, code in sorted({**own, **framework}.items())]


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    return render(request, "api/codes.html", {"codes": known_codes()})
