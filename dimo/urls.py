"""Every address. Rooms are named by string, so that the ground imports none of them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from dimo import operations
from dimo.api import schema as _schema  # noqa: F401 - registers the API key's security scheme
from dimo.api.codes import codes
from dimo.users.pages import sign_out

ROOMS = ("vehicles", "unions", "licensing", "rewards")

urlpatterns = [
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
    path(".well-known/commons-keys.json", operations.statement_keys, name="statement-keys"),
    path("favicon.ico", operations.favicon, name="favicon"),
    path("chain/status/", operations.chain_line, name="chain-status"),
    path("api/v1/", include([path("", include(f"{part}.api_urls")) for part in ("dimo.oauth", *ROOMS)])),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/problems/", codes, name="problem-codes"),
    path("account/logout/", sign_out, name="account_logout"),
    path("account/", include("allauth.urls")),
    path("wallets/", include("dimo.wallets.urls")),
    path("", include("dimo.users.urls")),
    path("", include("dimo.oauth.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("dimo.pages.urls")),
    *(path("", include(f"{room}.urls")) for room in ROOMS),
]

handler400 = "dimo.api.problems.bad_request"
handler403 = "dimo.api.problems.permission_denied"
handler404 = "dimo.api.problems.page_not_found"
handler500 = "dimo.api.problems.server_error"
