"""Budgets of a test's own."""

from collections.abc import Iterator

import pytest

from store import budgets


@pytest.fixture
def small_budgets() -> Iterator[None]:
    """What a test sets is gone after it."""
    yield
    budgets.configure({})
