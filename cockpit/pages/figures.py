"""Figures of grid events (指标): how well they were handled in a period, in all and by group."""

import math
from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from layers.grid_events.figures import AGE_NAMES, AGES, BY_NAMES, RATE_NAMES, RATES, STAGE_NAMES
from store.language import say


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/figures``; the script asks the API for the period that is chosen."""
    known = frame.known_community(community)
    named = {"rates": RATE_NAMES, "stages": STAGE_NAMES, "ages": AGE_NAMES, "by": BY_NAMES}
    words: dict[str, Any] = {"rates_of": RATES, "age_days": _age_days()}
    words |= {what: {code: say(name) for code, name in names.items()} for what, names in named.items()}
    content = [
        html.Section(html.Div(className="choices", **{"data-choices": ""}), className="panel overview"),
        html.Section(
            [html.H2(say("总体")), html.Div(className="totals", **{"data-totals": ""})], className="panel overview"
        ),
        html.Section(
            [frame.heading(say("环节用时"), "events.hours"), html.Div(**{"data-stages": ""})], className="panel"
        ),
        html.Section(
            [frame.heading(say("积压滞留"), "events.ageing"), html.Div(**{"data-ages": ""})], className="panel"
        ),
        html.Section(
            [frame.heading(say("分组"), "events.groups"), html.Div(className="wide", **{"data-groups": ""})],
            className="panel overview",
        ),
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "figures", [body], theme=frame.theme_of(theme), **frame.past_of(at))


def _age_days() -> dict[str, list[float | None]]:
    """Code -> from how many days until before how many; None: however old."""
    return {code: [low, None if math.isinf(high) else high] for code, (low, high) in AGES.items()}
