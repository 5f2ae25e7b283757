"""Pages of the room `unions`."""

from django.urls import path

from unions.pages import consent, founding, joining, public, stewards

urlpatterns = [
    path("consent/", consent.consent_page, name="consent"),
    path("consent/matrix/", consent.consent_matrix, name="consent-matrix"),
    path("consent/set/", consent.consent_set, name="consent-set"),
    path("consent/undo/", consent.consent_undo, name="consent-undo"),
    path("consent/raise/", consent.consent_raise, name="consent-raise"),
    path("consent/pause/", consent.consent_pause, name="consent-pause"),
    path("consent/history/", consent.consent_history, name="consent-history"),
    path("unions/", public.union_list, name="unions"),
    path("unions/public/", public.public_unions, name="public-unions"),
    path("unions/found/", founding.found, name="union-found"),
    path("unions/running/", stewards.running, name="unions-running"),
    path("unions/<slug:slug>/", public.union_page, name="union"),
    path("unions/<slug:slug>/join/", joining.join, name="union-join"),
    path("unions/<slug:slug>/leave/<uuid:vehicle>/", joining.leave, name="union-leave"),
    path("unions/<slug:slug>/policy/", stewards.policy_page, name="union-policy"),
    path("unions/<slug:slug>/members/", stewards.members_page, name="union-members"),
    path("unions/<slug:slug>/members/<uuid:membership_id>/", stewards.decide, name="union-decide"),
]
