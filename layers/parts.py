"""Pieces that the layers' panels are made of, as Dash components.

A panel is laid out once by the server; the figures in it carry ``data-live`` and are set by the
scripts in assets/ from the live channel, without a rebuild.
"""

from typing import Any

from dash import html

from geo.communities import Community
from store.language import named, say


def panel(code: str, title: str, *content: Any, waiting: str, note: Any = "") -> Any:
    """A panel: title, content, what it waits for while there is nothing, its foot, and the place of its help.

    Parameters
    ----------
    waiting
        Said until the first data comes: what the panel needs, in words; once it is known that there is none.
    note
        A word beside the title.
    """
    head = [html.H2(title), html.Span(**{"data-help": f"panels.{code}"})]
    head += [html.Span(note, className="note")] if note else []
    return html.Section(
        [
            html.Header(head),
            html.P(say("正在读取…"), className="waiting", **{"data-waiting": waiting}),
            html.Div(list(content), className="content"),
            html.Footer("", className="foot", **{"data-foot": code}),
        ],
        id=f"panel-{code}",
        className="panel is-waiting",
        **{"data-panel": code, "aria-label": title},
    )


def note(community: Community, code: str) -> str:
    """What a community says beside the title of a layer's panel; "" where it says nothing."""
    said = community.panel(code)
    return named(said, "note") if said is not None else ""


def figure(
    key: str, label: str, unit: str, *, trend: bool = False, headline: bool = False, rows: str | None = None
) -> Any:
    """A labelled figure with its unit; ``key`` is where the live state holds it, ``rows`` the page of what makes it.

    With a trend it has a place for what else there is to say, which is seen where there is room.
    """
    parts: list[Any] = [
        html.Span([label, html.Span(className="since")], className="label"),
        html.Span(
            [
                html.Span(className="mark"),
                html.Span("—", className="value", **{"data-live": key} | ({"data-rows": rows} if rows else {})),
                html.Span(unit, className="unit"),
            ],
            className="figure headline" if headline else "figure",
        ),
    ]
    if trend:
        parts.insert(1, sparkline(key))
        parts.append(html.Span(className="more", **{"data-more": key}))
    return html.Div(parts, className="row", **{"data-row": key})


def sparkline(key: str) -> Any:
    """The place of a line of the last 24 h; the script draws it as SVG."""
    return html.Span(className="spark", **{"data-spark": key, "aria-hidden": "true"})
