"""Budgets: one table, set once, and what cannot be is refused by name."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from store import budgets

PARTS = ("cockpit", "layers", "sensors", "geo", "store")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    budgets.configure({})


def test_what_is_set_counts_and_the_rest_keeps_its_default() -> None:
    budgets.configure({"photo_bytes": 1000})
    assert budgets.current().photo_bytes == 1000
    assert budgets.current().body_bytes == budgets.Budgets().body_bytes


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"foto_bytes": 1}, "'foto_bytes' is no budget"),
        ({"photo_bytes": 0}, "above 0"),
        ({"photo_bytes": -1}, "above 0"),
        ({"photo_bytes": float("nan")}, "above 0"),
        ({"photo_seconds": float("inf")}, "above 0"),
        ({"photo_bytes": 1.5}, "whole number"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(given: dict[str, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        budgets.configure(given)
    assert budgets.current() == budgets.Budgets()


def test_every_number_is_read_where_it_bounds_something() -> None:
    folder = Path(__file__).parents[2]
    sources = [path for part in PARTS for path in (folder / part).rglob("*.py") if path.name != "budgets.py"]
    read = {
        node.attr if isinstance(node, ast.Attribute) else node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    assert {field.name for field in fields(budgets.Budgets)} - read == set()
