"""What a caller may do, before any rule asks whose row it is."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from dimo.api.models import ApiKey

if TYPE_CHECKING:  # the framework imports this module while it defines APIView
    from rest_framework.views import APIView


class ScopePermission(BasePermission):
    """A key must bear the scope. A signed-in person acts with all they have, so a session passes."""

    scope: ClassVar[str]
    message = "This key does not bear the scope that the request needs."
    code = "scope_missing"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        return not isinstance(request.auth, ApiKey) or self.scope in request.auth.scopes


def HasScope(scope: str) -> type[ScopePermission]:  # noqa: N802 - reads as a class where it is used
    """A permission class, so that it composes: `permission_classes = [HasScope("buyer")]`."""
    known = ApiKey.Scope(scope)
    return type(f"HasScope{known.value.title()}", (ScopePermission,), {"scope": known.value})
