"""Fragments: the part of a page that a room serves on its own, and as a page when it is opened directly."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise


def respond(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    title: str | Promise = "",
    status: int = 200,
) -> HttpResponse:
    """Answer htmx with the fragment alone, and a person who opened its address with the fragment inside the shell.

    `template` is the fragment's; `title` is the heading of the page around it.
    """
    values = dict(context or {})
    if request.headers.get("HX-Request"):
        answer = render(request, template, values, status=status)
    else:
        answer = render(request, "pages/part.html", {**values, "part": template, "part_title": title}, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
