"""Whatever an error says, it can be said in one line."""

import pytest

from store.why import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [(ValueError("first\nsecond"), "first"), (TimeoutError(), "TimeoutError"), (OSError("\n"), "OSError")],
)
def test_an_error_is_one_line(error: BaseException, line: str) -> None:
    assert first_line(error) == line
