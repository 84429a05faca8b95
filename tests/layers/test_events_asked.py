"""What a list of events may be asked for."""

import pytest

from layers.grid_events.asked import words_of
from layers.problem import Problem


def test_a_search_has_a_few_words() -> None:
    assert words_of(" 路灯  东门 ") == ["路灯", "东门"]
    assert words_of(None) == []


@pytest.mark.parametrize("text", ["a " * 11, "字" * 101])
def test_a_search_that_no_database_should_be_asked_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        words_of(text)
    assert refused.value.status == 400
