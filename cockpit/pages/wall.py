"""The wall (大屏): stands day and night, nobody touches it."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.displays import scenes
from cockpit.displays.kept import number_of
from cockpit.displays.programme import default
from cockpit.ground import map as base_map
from cockpit.pages import frame, legend
from cockpit.pages import replay as replays
from cockpit.serving.theme import DEFAULT
from geo.communities import Community
from geo.ground import places
from layers import panels
from layers.roles import DISPLAY
from store.databases import Databases
from store.language import named, say


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/wall/{community}``; ``metric`` colours the areas, ``at`` shows a past time.

    With ``replay`` it shows a past day once more, at so many times its ``speed``. With ``tone=1`` it sounds alarms,
    with ``programme=1`` it shows its scenes in turn.
    """

    def laid_out(
        community: str = "",
        metric: str | None = None,
        theme: str | None = None,
        at: str | None = None,
        tone: str | None = None,
        programme: str | None = None,
        replay: str | None = None,
        speed: str | None = None,
        paused: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        further = frame.past_of(at) | ({"tone": "1"} if tone == "1" else {})
        further |= _shown(found) | {"programme": programme or ""} | _display(databases)
        if replay is not None:
            further |= replays.data(replays.begins(databases, community, replay), speed, paused)
        return _laid_out(found, theme or DEFAULT, frame.metric_of(metric), further, is_replay=replay is not None)

    return laid_out


def _laid_out(found: Community, look: str, metric: str, further: dict[str, str], *, is_replay: bool) -> Any:
    content = [
        _header(found, is_replay=is_replay),
        html.Aside(panels.on_wall(found, "left"), className="column left", **{"aria-label": say("左栏")}),
        html.Main(
            [base_map.graph(found, look), _nine_scenes(), *_note(found)],
            className="map-frame",
        ),
        html.Aside(panels.on_wall(found, "right"), className="column right", **{"aria-label": say("右栏")}),
        *([replays.bar()] if is_replay else []),
        _footer(found),
    ]
    return frame.root(found, "wall", content, theme=look, metric=metric, **further)


def _nine_scenes() -> Any:
    """The place of the nine scenes, over the map while the programme shows them; the script fills it then."""
    return html.Section(
        [
            html.H2(say("九场景")),
            html.P("", className="second", role="status", **{"data-nine-note": ""}),
            html.Ol(**{"data-nine": ""}),
        ],
        className="nine-scenes",
        hidden=True,
        **{"data-cover": "indicators", "aria-label": say("九场景")},
    )


def _shown(community: Community) -> dict[str, str]:
    """What the wall can show in turn, and what a screen without a programme of its own does."""
    told = {"scenes": scenes.of(community), "round": default(community.code)}
    return {name: msgspec.json.encode(one).decode() for name, one in told.items()}


def _display(databases: Databases) -> dict[str, str]:
    """Which display asks, for what the live channel tells of it; nothing where it is none."""
    actor = access.asking()
    if actor is None or actor.role != DISPLAY:
        return {}
    with databases.shared.connect() as connection:
        number = number_of(connection, actor.name)
    return {} if number is None else {"display": str(number)}


def _note(community: Community) -> list[Any]:
    """What the map says of itself; at its foot, where the scripts put more, unless it is all that there is to see."""
    note = frame.ground_note(community)
    return (
        [html.Div([note], className="map-foot")]
        if places(community.code, "areas")
        else [note, html.Div([], className="map-foot")]
    )


def _header(community: Community, *, is_replay: bool) -> Any:
    return html.Header(
        [
            html.H1([html.Span(named(community)), html.Span(say("CIM 驾驶舱"), className="sub")]),
            replays.mark() if is_replay else html.Span(_brand(community), className="brand", title=_brand(community)),
            html.Div([*frame.marks(), frame.clock(), frame.live_mark()], className="state"),
        ],
        className="top",
    )


def _brand(community: Community) -> str:
    """What stands beside the name: the brand, and which kind of community it is."""
    return " · ".join(part for part in (named(community, "brand"), named(community, "kind")) if part)


def _footer(community: Community) -> Any:
    return html.Footer(
        [
            html.Span("", className="devices-line", **{"data-devices-line": ""}),
            html.Span("", className="freshness", **{"data-freshness": ""}),
            legend.of_wall(community),
        ],
        className="bottom",
    )
