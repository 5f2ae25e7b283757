"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dimo.pages import navigation

THEMES = ("light", "dark")


def chosen_theme(request: HttpRequest) -> str:
    """The theme in the cookie, or nothing: then the system's own preference rules."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def shell(request: HttpRequest) -> dict[str, object]:
    """Name of the site, the chosen theme (a page is drawn right the first time), and the menu, computed when drawn."""
    return {
        "site_name": settings.SITE_NAME,
        "theme": chosen_theme(request),
        "menu": SimpleLazyObject(lambda: navigation.menu(request=request, user=request.user)),
    }
