"""What import contracts cannot say: rules are named freely, so that their floor is all that has no other name."""

import ast

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import ForeignKey, ManyToManyField

from tests.architecture.sources import DOORS, MODELS, PURE, ROOMS, RULES, SELECTORS, floor_of, modules

FRAMEWORKS_OF_DOORS = ("celery", "rest_framework")


def test_every_import_within_a_room_goes_down_or_stays_level():
    """The ground is left out: its folders (users, ledger, api) are small houses of their own."""
    climbing = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.room != "dimo"
        for name in module.imports()
        if name.startswith(f"{module.room}.") and floor_of(name) > module.floor
    ]
    assert climbing == []


def test_rules_know_neither_celery_nor_the_api_framework():
    knowing = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.room != "dimo" and module.floor <= RULES
        for name in module.imports()
        if name.partition(".")[0] in FRAMEWORKS_OF_DOORS
    ]
    assert knowing == []


def test_imports_are_absolute():
    relative = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_the_floors_are_told_apart():
    floors = [floor_of(name) for name in ("unions.models", "unions.selectors", "unions.consent", "unions.pages.home")]
    assert floors == [MODELS, SELECTORS, RULES, DOORS]
    assert floor_of("unions.evaluator") == PURE


def is_rule(node: ast.stmt) -> bool:
    """Rules and selectors take keywords only; other public functions are their tools."""
    return isinstance(node, ast.FunctionDef) and bool(node.args.kwonlyargs) and not node.name.startswith("_")


def test_every_public_rule_and_selector_has_a_docstring():
    silent = [
        f"{module.path}:{node.lineno} {node.name}"
        for module in modules()
        if module.floor in {PURE, RULES, SELECTORS} and module.room != "dimo"
        for node in module.tree.body
        if is_rule(node) and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is_for():
    silent = [str(each.path) for each in modules() if each.tree.body and not ast.get_docstring(each.tree)]
    assert [path for path in silent if not path.endswith("apps.py")] == []


def test_foreign_keys_point_down():
    """A room's tables refer to its own and to those below."""
    rank = {room: index for index, room in enumerate(ROOMS)}
    pointing_up = [
        f"{model._meta.label}.{field.name} points to {field.related_model._meta.label}"
        for model in apps.get_models()
        if (own := rank.get(model.__module__.partition(".")[0])) is not None
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | ManyToManyField)
        and rank.get(field.related_model.__module__.partition(".")[0], 0) > own
    ]
    assert pointing_up == []


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit:
        pytest.fail(f"models changed without a migration:\n{capsys.readouterr().out}")
