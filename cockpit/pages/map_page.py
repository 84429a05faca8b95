"""The map alone, as large as the window; with ``at`` as it was, with ``framed`` as a part of another page."""

from typing import Any

from cockpit.pages import frame, map_stage


def page(
    community: str | None = None,
    metric: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    framed: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/map``."""
    found = frame.known_community(community)
    if found is None:
        return frame.unknown(f"没有社区 {community!r}")
    look, chosen = frame.theme_of(theme), frame.metric_of(metric)
    content = [map_stage.stage(found, look, chosen)]
    try:
        past = frame.past_of(at)
    except ValueError:
        return frame.unknown(f"时间 {at!r} 应写作 2026-11-24T14:00:00+08:00")
    more = {} if framed is None else {"framed": ""}
    return frame.desk(found, "map", content, theme=look, metric=chosen, **past, **more)
