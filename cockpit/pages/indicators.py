"""An indicator (指标): its curve, target, definition, what was entered and by whom; and how a manager adds one."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from geo.ground import places
from layers.grid_events.rules import categories, states
from layers.indicators.periods import NAMES
from layers.scenes import scenes
from sensors.metrics import metrics
from store.language import named, say


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    indicator: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/indicators``; ``indicator`` is the code of one, without it all are listed."""
    known = frame.known_community(community)
    words = {
        "areas": {place.code: named(place) for place in places(known.code, "areas")},
        "scenes": {code: named(word) for code, word in scenes().items()},
        "periods": {code: named(word) for code, word in NAMES.items()},
        "metrics": {code: named(one) for code, one in metrics().items() if one.kind == "number"},
        "categories": {code: named(one) for code, one in categories().items()},
        "states": {code: named(one) for code, one in states().items()},
    }
    parts = _one() if indicator else _all()
    content = [html.P("", className="outcome", role="status", **{"data-outcome": ""}), *parts]
    body = html.Div(content, className="indicators-page", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(
        known,
        "indicators",
        [body],
        theme=frame.theme_of(theme),
        **frame.past_of(at),
        indicator=(indicator or "")[:40],
    )


def _one() -> list[Any]:
    return [
        html.Section(className="panel indicator-head", **{"data-indicator-head": "", "aria-label": say("指标¦场景")}),
        html.Section(
            [html.H2(say("逐期")), html.Div(className="indicator-curve", **{"data-indicator-curve": ""})],
            className="panel indicator-curve-panel",
        ),
        html.Section([html.H2(say("口径")), html.Dl(**{"data-indicator-about": ""})], className="panel facts"),
        html.Section([html.H2(say("按片区")), html.Div(**{"data-indicator-areas": ""})], className="panel"),
        html.Section([html.H2(say("录入")), html.Div(**{"data-indicator-entries": ""})], className="panel"),
        html.Section([html.H2(say("目标")), html.Div(**{"data-indicator-targets": ""})], className="panel"),
    ]


def _all() -> list[Any]:
    return [
        html.Section(
            [html.H2(say("全部指标")), html.Div(className="scroll", **{"data-indicators": ""})],
            className="panel indicators-all",
        ),
        html.Section([html.H2(say("新增指标")), html.Div(**{"data-indicator-new": ""})], className="panel"),
    ]
