"""Ugliness lives in the tail, so the tail is cut."""

import ast

from tests.architecture.sources import PROJECT, modules, test_files

LONGEST_FILE, LONGEST_FUNCTION = 300, 40
SHAPELESS = {"services", "utils", "helpers", "manager", "managers", "common", "misc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_no_module_is_longer_than_300_lines():
    assert [(str(each.path), each.lines) for each in modules() if each.lines > LONGEST_FILE] == []


def test_no_test_file_is_longer_than_300_lines():
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in test_files()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Signature and body. A docstring may be as long as it needs to be."""
    whole = function.end_lineno - function.lineno + 1
    first = function.body[0]
    return whole - (first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0)


def test_no_function_is_longer_than_40_lines():
    too_long = [
        f"{module.path}:{node.lineno} {node.name} has {lines_of(node)} lines"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, FUNCTIONS) and lines_of(node) > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_modules_are_named_by_nouns_of_the_domain():
    assert [str(each.path) for each in modules() if each.path.stem in SHAPELESS] == []


def test_the_readme_fits_on_two_screens():
    assert len((PROJECT / "README.md").read_text().splitlines()) <= 120
