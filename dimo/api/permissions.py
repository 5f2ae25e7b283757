"""What a caller may do, before any rule asks whose row it is. A credential of a sort not named here passes nowhere."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from dimo.api.models import ApiKey
from dimo.oauth.models import AppCredential

if TYPE_CHECKING:  # the framework imports this module while it defines APIView
    from rest_framework.views import APIView


class PersonOrKey(BasePermission):
    """What a view without a word of its own asks for: a signed-in person, or any key of theirs."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated) and (
            request.auth is None or isinstance(request.auth, ApiKey)
        )


class ScopePermission(BasePermission):
    """A key must bear the scope. A signed-in person acts with all they have, so a session passes.

    An app passes where the view is `read_by_apps`; what it then may read is the owner's grant's to say.
    """

    scope: ClassVar[str]
    message = "This key does not bear the scope that the request needs."
    code = "scope_missing"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiKey):
            return self.scope in request.auth.scopes
        if isinstance(request.auth, AppCredential):
            return bool(getattr(view, "read_by_apps", False))
        return request.auth is None


def HasScope(scope: str) -> type[ScopePermission]:  # noqa: N802 - reads as a class where it is used
    """A permission class, so that it composes: `permission_classes = [HasScope("buyer")]`."""
    known = ApiKey.Scope(scope)
    return type(f"HasScope{known.value.title()}", (ScopePermission,), {"scope": known.value})
