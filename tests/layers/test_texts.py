"""Texts as they are kept: what nobody would see says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.texts import one_line, words

BLANKS = ["", " \n\t", "\u200b", "\u3000\u00a0", "\u2060\u00ad", "\u2800", "\u3164", "\u200b \u200d\n"]


@pytest.mark.parametrize("text", BLANKS)
def test_a_text_of_which_nothing_is_seen_is_none(text: str) -> None:
    assert (words(text), one_line(text)) == ("", "")


@given(st.sampled_from(BLANKS), st.sampled_from(["仪器待校准", "why", "…", "1"]))
def test_what_is_seen_stays(blank: str, text: str) -> None:
    assert text in words(f"{blank}{text}{blank}")


@given(st.text())
def test_what_was_kept_stays_as_it_is(text: str) -> None:
    assert words(words(text)) == words(text)
    assert one_line(one_line(text)) == one_line(text)
    assert "\n" not in one_line(text)
