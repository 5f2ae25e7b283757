"""The simulated town's map, for anybody: it is invented and holds nobody's data."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import condition, require_safe

from vehicles.simulator.basemap import basemap as town_map


@require_safe
@condition(etag_func=lambda request: town_map().etag)
def basemap(request: HttpRequest) -> HttpResponse:
    """Roads, water, parks and labels as GeoJSON; zipped for clients that take it."""
    drawn = town_map()
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(drawn.zipped if zipped else drawn.body, content_type="application/geo+json")
    if zipped:
        answer["Content-Encoding"] = "gzip"
    answer["Cache-Control"] = "public, max-age=86400"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer
