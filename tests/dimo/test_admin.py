"""The operators' site: who gets in, what it shows, and that nobody changes what must not change."""

from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from dimo.admin_site import ReadOnlyAdmin
from dimo.api import keys
from dimo.audit import trail
from dimo.ledger import posting
from dimo.ledger.models import Account, Journal
from dimo.users import operators
from dimo.users.models import User
from tests.dimo.users.test_sign_in import PASSWORD, SECRET, code_now, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> User:
    user = User.objects.create_user("op@example.org", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=operators.NAME))
    return user


@pytest.fixture
def desk(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def test_strangers_are_sent_to_the_one_sign_in_page(client: Client) -> None:
    first = client.get("/admin/")
    assert client.get(first["Location"])["Location"].startswith("/account/login/?next=")


def test_people_who_are_no_operators_are_refused(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org"))
    assert client.get(client.get("/admin/")["Location"]).status_code == 403


def test_an_operator_sees_how_the_services_do(desk: Client) -> None:
    page = desk.get("/admin/").content.decode()
    assert "Something is late" in page
    assert "pulse_age_seconds unknown" in page


def test_where_demanded_a_second_factor_opens_the_site_and_nothing_less(client: Client, operator, settings) -> None:
    settings.STAFF_MFA_REQUIRED = True
    sign_in(client, operator.email)
    refused = client.get(client.get("/admin/")["Location"])
    assert refused["Location"] == "/account/2fa/"
    TOTP.activate(operator, SECRET)
    again = client.get(client.get("/admin/")["Location"])
    assert again["Location"].startswith("/account/2fa/reauthenticate/?next=")
    other = Client()
    sign_in(other, operator.email)
    other.post("/account/2fa/authenticate/", {"code": code_now()})
    assert other.get("/admin/").status_code == 200


def test_operators_are_no_superusers_and_have_exactly_the_listed_permissions(operator: User) -> None:
    assert not operator.is_superuser
    assert operator.get_all_permissions() == operators.PERMISSIONS & operator.get_all_permissions()
    granted = {
        f"{p.content_type.app_label}.{p.codename}" for p in Group.objects.get(name=operators.NAME).permissions.all()
    }
    assert granted == operators.PERMISSIONS


def test_granting_again_takes_back_what_is_not_listed(operator: User) -> None:
    group = Group.objects.get(name=operators.NAME)
    group.permissions.add(Permission.objects.get(codename="delete_user"))
    operators.grant(app_label="dimo")
    assert not group.permissions.filter(codename="delete_user").exists()


def test_every_list_and_row_opens(desk: Client, operator: User) -> None:
    keys.issue_key(user=operator, label="n", scopes=["buyer"])
    trail.record(actor=operator, action="test.acted", object_kind="test", object_id="7")
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label not in ("dimo", "ledger"):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert desk.get(reverse(f"{name}_changelist")).status_code == 200, name
        row = model._default_manager.first()
        if row is not None:
            page = desk.get(reverse(f"{name}_change", args=[row.pk]))
            assert page.status_code == 200, name
            if isinstance(model_admin, ReadOnlyAdmin):
                assert desk.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
                assert desk.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
                assert desk.get(reverse(f"{name}_add")).status_code == 403


def test_the_books_can_be_read_and_not_written() -> None:
    for model in (Account, Journal):
        assert isinstance(admin.site._registry[model], ReadOnlyAdmin)


def test_a_journal_shows_its_entries(desk: Client) -> None:
    world = posting.open_account(kind="world", asset="EURC")
    union = posting.open_account(kind="union", asset="EURC", union_id=uuid4())
    journal = posting.post(key="t:1", kind="top_up", asset="EURC", legs=[(world, -2_500_000), (union, 2_500_000)])
    page = desk.get(reverse("admin:ledger_journal_change", args=[journal.pk])).content.decode()
    assert "€2.50" in page
    assert "Union treasury" in page
    assert "€2.50" in desk.get(reverse("admin:ledger_account_changelist")).content.decode()


def test_a_person_is_frozen_from_the_list_and_nothing_about_them_is_edited(desk: Client, operator: User) -> None:
    user = User.objects.create_user("ada@example.org")
    page = reverse("admin:dimo_user_changelist")
    desk.post(page, {"action": "freeze", "_selected_action": [user.pk]})
    user.refresh_from_db()
    assert not user.is_active
    desk.post(reverse("admin:dimo_user_change", args=[user.pk]), {"is_staff": "on", "is_superuser": "on"})
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)
