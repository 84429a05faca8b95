"""What a list is narrowed to, as its address says it: controls, chips that are taken off, and how much is shown.

A page declares what its list may be narrowed by; assets/js/41-narrowing.js draws it and keeps the address. Names are
those of the API, so that an address of the page and one of the API ask for the same; several values stand with commas.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from dash import html

from cockpit.pages.address import NoPage
from layers.words import told
from store.instant import parse_local
from store.language import say

ALL = "all"
"""What says of a choice that nothing is left out, where leaving it out would mean something else."""
BEGUN = ("today", "month", "year")
"""What may stand for a time: where the present one of these began."""
MOST = 200


class Narrower(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a list can be narrowed by.

    ``kind``: one of several codes, words to look for, a day or a time, yes, or a code that only links give. ``options``
    are the words of the codes; without them any code is taken. ``fallback`` is what is meant where the address says
    nothing; ``is_shown``: there is a control for it, beside the chip.
    """

    code: str
    name: str
    kind: Literal["choice", "words", "day", "flag", "given"]
    options: dict[str, str] = {}
    hint: str = ""
    fallback: str = ""
    is_shown: bool = True


def place(narrowers: Sequence[Narrower], *more: Any) -> Any:
    """Where the controls, the chips and the count stand; ``more`` beside the controls."""
    described = {"data-narrowing": msgspec.json.encode(narrowers).decode()}
    return html.Div(
        [
            html.Div([html.Div([], className="narrowers", **{"data-narrowers": ""}), *more], className="filters"),
            html.Div(
                [
                    html.Span([], className="chips", **{"data-chips": ""}),
                    html.Output("", className="second", **{"data-rows-count": ""}),
                ],
                className="narrowed",
            ),
        ],
        className="narrowing",
        **described,
    )


def given(narrowers: Sequence[Narrower], asked: Mapping[str, str | None]) -> dict[str, list[str]]:
    """What the address narrows the list to: code -> its values; what it leaves out is what is meant by that.

    Raises
    ------
    NoPage
        400 for a code that is none, or a time that cannot be read.
    """
    found = {}
    for one in narrowers:
        text = asked.get(one.code) or one.fallback
        if not text:
            continue
        values = [text] if one.kind == "words" else text.split(",")
        for value in values:
            _check(one, value)
        if ALL not in values:
            found[one.code] = values
    return found


def _check(one: Narrower, value: str) -> None:
    if len(value) > MOST:
        raise NoPage(say("{name}：太长", name=one.name), 400)
    if one.kind == "day" and value not in BEGUN:
        try:
            parse_local(value)
        except (ValueError, OverflowError) as error:
            raise NoPage(say("{name}：{why}", name=one.name, why=told(str(error))), 400) from None
    known = {**one.options, ALL: ""} if one.kind != "flag" else {"true": ""}
    if (one.options or one.kind == "flag") and value not in known:
        words = say("、").join([*one.options] or ["true"])
        raise NoPage(say("{name}没有「{value}」；可选：{known}", name=one.name, value=value[:20], known=words), 400)
