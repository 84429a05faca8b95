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
    look, chosen = frame.theme_of(theme), frame.metric_of(metric)
    content = [map_stage.stage(found, look, chosen)]
    past = frame.past_of(at)
    more = {} if framed is None else {"framed": ""}
    return frame.desk(found, "map", content, theme=look, metric=chosen, **past, **more)
