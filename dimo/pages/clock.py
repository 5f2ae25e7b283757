"""Pages tell the time where their reader lives; programs are answered in UTC."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin


class ReadersClock(MiddlewareMixin):
    """Every date that a template writes is in the signed-in person's time zone. Begins anew with each request."""

    def process_request(self, request: HttpRequest) -> None:
        timezone.deactivate()
        if request.path.startswith("/api/") or not request.user.is_authenticated:
            return
        try:
            timezone.activate(ZoneInfo(request.user.timezone))
        except ZoneInfoNotFoundError:  # a zone that was dropped since it was chosen: UTC, as for visitors
            timezone.deactivate()
