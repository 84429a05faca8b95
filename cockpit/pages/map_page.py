"""The map alone, as large as the window; with ``at`` as it was, with ``framed`` as a part of another page."""

from collections.abc import Callable
from typing import Any

from cockpit.pages import event as event_page
from cockpit.pages import frame, map_stage
from cockpit.pages.address import NoPage, instant_of
from geo.ground import place
from store.databases import Databases
from store.language import say


def page(
    community: str | None = None,
    metric: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    framed: str | None = None,
    event: str | None = None,
    alarm: str | None = None,
    site: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/map``; ``event``, ``alarm`` or ``site`` is one that the script goes to."""
    found = frame.known_community(community)
    look, chosen = frame.theme_of(theme), frame.metric_of(metric)
    content = [map_stage.stage(found, look, chosen)]
    past = frame.past_of(at)
    more = {} if framed is None else {"framed": ""}
    return frame.desk(found, "map", content, theme=look, metric=chosen, **past, **more)


def check(databases: Databases) -> Callable[..., None]:
    """Whether there is the event or the site that the map is to go to."""

    def known(
        event: str | None = None,
        community: str | None = None,
        at: str | None = None,
        site: str | None = None,
        **_other: str,
    ) -> None:
        if site is not None and place(frame.known_community(community).code, "sites", site) is None:
            raise NoPage(say("没有场所「{site}」", site=site[:64]))
        if event is None:
            return
        found = event_page.community_of(databases, event, instant_of(at) if at else None)
        if found != frame.known_community(community).code:
            raise NoPage(
                say("事件「{event}」在另一个社区：{name}", event=event[:32], name=frame.known_community(found).name),
                400,
            )

    return known
