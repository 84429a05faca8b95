"""The time that a page shows: the button in its head that says it and leads to another, and the band of a past one.

Which pages have a past is known from their layouts (`address.Page`); the others say in the button's list why they show
the present only. Links keep the time by the script (assets/js/41-moment.js), to the pages that have one.
"""

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import msgspec
from dash import html

from cockpit.pages.address import Page
from store.instant import MILLISECOND, SECOND, SHANGHAI, Instant, format_local, to_datetime
from store.language import marked, say

THEN = marked(
    "事件、派给与网格员按当时已登记的，读数与客流按当时已测得的；底图、设备名称与位置是现在的；事后填入的读数（回放、演示、补报）没有经过告警规则"
)
"""What "then" is, on the screen; docs/architecture.md tells it whole."""
WEEKDAYS = (
    *(marked("一¦星期"), marked("二¦星期"), marked("三¦星期"), marked("四¦星期")),
    *(marked("五¦星期"), marked("六¦星期"), marked("日¦星期")),
)
_pages: ContextVar[Sequence[Page]] = ContextVar("pages", default=())
_path: ContextVar[str] = ContextVar("path", default="")


@contextlib.contextmanager
def on_page(known: Sequence[Page], path: str) -> Iterator[None]:
    """Lay out, in the block, the page of this template, one of those that are known."""
    before = _pages.set(known), _path.set(path)
    try:
        yield
    finally:
        _pages.reset(before[0])
        _path.reset(before[1])


def words(at: Instant) -> str:
    """A past time in the words that every page has for it."""
    local = to_datetime(at).astimezone(SHANGHAI)
    when = format_local(at - at % SECOND).replace("T", " ")
    return say("◷ 回看 {when}（{weekday}）", when=when, weekday=say(WEEKDAYS[local.weekday()]))


def picker(shown: Sequence[Any]) -> Any:
    """The button with what says the time of the page, and the place of what it opens, which the script fills."""
    why = next((one.present for one in _pages.get() if one.path == _path.get()), "")
    return html.Div(
        [
            html.Button(
                [
                    html.Span("◷", className="sign", **{"aria-hidden": "true"}),
                    *shown,
                    html.Span(say("选择时刻"), className="unseen"),
                ],
                type="button",
                className="quiet",
                **{"aria-expanded": "false", "aria-controls": "moment-choices"},
            ),
            html.Div([], id="moment-choices", className="moment-choices", hidden=True),
        ],
        className="moment",
        **{"data-moment": "", "data-present": say(why) if why else ""},
    )


def note(at_ms: int) -> Any:
    """Says over a page of a past time which time it is, what "then" means, and leads on, and back to the present."""
    return html.Aside(
        [
            html.Strong(words(at_ms * MILLISECOND)),
            html.Div(
                [],
                className="moment-steps",
                role="toolbar",
                **{"data-moment-steps": "", "aria-label": say("前后移动时刻")},
            ),
            html.A(say("回到实时"), href="", **{"data-to-now": ""}),
            html.Span(say("只能看，不能办理"), className="no-deeds"),
            html.Span(say(THEN), className="then"),
        ],
        className="past-note",
        **{"aria-label": say("回看的时刻")},
    )


def mark(at_ms: str | None) -> list[Any]:
    """That a page is of a past time, where its header stays and the band does not."""
    if at_ms is None:
        return []
    when = to_datetime(int(at_ms) * MILLISECOND).astimezone(SHANGHAI).strftime("%m-%d %H:%M")
    return [html.Span(say("◷ 回看 {when}", when=when), className="tag past")]


def data() -> dict[str, str]:
    """For the root of a page of a past time: the templates of the pages that have one, for its links."""
    return {"data-timed": msgspec.json.encode([one.path for one in _pages.get() if one.has_past]).decode()}
