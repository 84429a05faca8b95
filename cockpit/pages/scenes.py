"""The nine scenes (九场景): a page for each, with its figures, where they are along the ground, and what makes them."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from cockpit.pages.address import NoPage
from geo.communities import Community
from geo.ground import places
from layers.scenes import scenes
from store.instant import MILLISECOND, format_rfc3339
from store.language import named, say


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    scene: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/scenes``; ``scene`` is the code of the one that is shown. The script fills it from the API."""
    known = frame.known_community(community)
    code = scene or next(iter(scenes()))
    past = frame.past_of(at)
    note = html.Span("", className="note", **{"data-scene-note": ""})
    content = [
        _tabs(known, code, frame.theme_of(theme), past),
        html.Section(
            [
                html.Header([html.H2(named(scenes()[code])), note]),
                html.Ul(className="scene-labels", **{"data-scene-labels": ""}),
                html.P(say("正在读取"), className="second", role="status", **{"data-outcome": ""}),
                html.Div(className="scene-figures", **{"data-scene-figures": ""}),
            ],
            className="panel scene-head",
        ),
        html.Section(
            [
                html.Header([html.H2(say("沿地面")), html.Span("", className="note", **{"data-scene-tinted": ""})]),
                html.Div(className="scene-ground", **{"data-scene-ground": ""}),
            ],
            className="panel scene-where",
            **{"aria-label": say("沿地面")},
        ),
        html.Section(
            [html.H2(say("指标与明细")), html.Div(className="scroll", **{"data-scene-rows": ""})],
            className="panel scene-rows",
        ),
    ]
    body = html.Div(content, className="scenes-page", **{"data-words": _words(known)})
    return frame.desk(
        known, "scenes", [body], theme=frame.theme_of(theme), **past, scene=code, subject=named(scenes()[code])
    )


def check(scene: str | None = None, **_other: str) -> None:
    """Refuse a scene that is none of the nine."""
    if scene is not None and scene not in scenes():
        known = say("、").join(scenes())
        raise NoPage(say("没有场景「{scene}」，只有 {known}", scene=scene[:40], known=known))


def _words(community: Community) -> str:
    """What the scripts name areas by."""
    return msgspec.json.encode({place.code: named(place) for place in places(community.code, "areas")}).decode()


def _tabs(community: Community, here: str, theme: str, past: dict[str, str]) -> Any:
    query = f"?community={community.code}" + (f"&theme={theme}" if theme != "dark" else "")
    query += f"&at={format_rfc3339(int(past['at']) * MILLISECOND)}" if past else ""
    links = [
        html.A(
            named(word),
            href=f"/scenes{query}&scene={code}",
            className="here" if code == here else None,
            **({"aria-current": "page"} if code == here else {}),
        )
        for code, word in scenes().items()
    ]
    return html.Nav(links, className="panel scene-tabs", **{"aria-label": say("九场景")})
