"""Each page has a past, or says why it shows the present only."""

from typing import Any

from cockpit.pages import pages
from cockpit.pages.address import Page

NOTHING: Any = None
"""What pages are laid out from; none is laid out here."""


def test_each_page_has_a_past_or_says_why_it_shows_the_present_only() -> None:
    known: list[Page] = pages(NOTHING, 1883, NOTHING)
    assert [one.path for one in known if one.has_past == bool(one.present)] == []
