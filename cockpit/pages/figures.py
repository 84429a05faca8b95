"""Figures of grid events (指标): how well they were handled in a period, in all and by group."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from layers.grid_events.figures import AGE_NAMES, BY_NAMES, RATE_NAMES, RATES, STAGE_NAMES


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/figures``; the script asks the API for the period that is chosen."""
    known = frame.known_community(community)
    words = {"rates": RATE_NAMES, "rates_of": RATES, "stages": STAGE_NAMES, "ages": AGE_NAMES, "by": BY_NAMES}
    content = [
        html.Section(html.Div(className="choices", **{"data-choices": ""}), className="panel overview"),
        html.Section(
            [html.H2("总体"), html.Div(className="totals", **{"data-totals": ""})], className="panel overview"
        ),
        html.Section([html.H2("环节用时"), html.Div(**{"data-stages": ""})], className="panel"),
        html.Section([html.H2("积压滞留"), html.Div(**{"data-ages": ""})], className="panel"),
        html.Section([html.H2("分组"), html.Div(className="wide", **{"data-groups": ""})], className="panel overview"),
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "figures", [body], theme=frame.theme_of(theme), **frame.past_of(at))
