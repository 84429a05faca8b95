"""A display steered from afar, as its keys steer it: by a manager's page, or by the API."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, update

from cockpit.displays import heard, programme, scenes
from cockpit.displays.kept import Told, keep, told
from cockpit.displays.programme import Programme
from cockpit.errors import BadSetting
from cockpit.people.tables import display
from geo.communities import Community
from layers.problem import Problem
from store import audit
from store.instant import SECOND, Instant, now
from store.language import LANGUAGES

STAYS = 60 * SECOND
"""So long stays what somebody chose, where it is not held."""
OBEYS = SECOND
"""What a screen tells sooner after it was steered may be of before."""
COVERED = frozenset({"alarms", "grid_events"})
"""What the curtain covers: assets/js/36-curtain.js says the same."""

Act = Literal["next", "back", "go", "hold", "release", "curtain", "uncurtain", "reload", "language"]
Names = list[str] | None
"""Of displays; None: all of the community."""


class Order(NamedTuple):
    """What is to be done; ``scene`` where one is gone to, ``language`` where one is chosen."""

    act: Act
    scene: str | None = None
    language: str | None = None


class _Now(NamedTuple):
    """A display, what its community can show, and when it is; ``seen`` is the scene that it said was on.

    Who is at the screen may have chosen since, or let go: what it says later than it was steered counts.
    """

    display: Told
    known: list[dict[str, Any]]
    at: Instant
    seen: heard.Seen | None

    @property
    def chosen(self) -> str | None:
        """The scene that somebody chose, while it counts."""
        seen, told = self._said_since(), self.display.chosen(self.at)
        if seen is not None and seen.held:
            return seen.scene
        return None if seen is not None and self._is_told_to_hold() else told

    @property
    def is_held(self) -> bool:
        """Whether the screen stays at the scene that was chosen."""
        seen = self._said_since()
        return self._is_told_to_hold() if seen is None else seen.held

    def _said_since(self) -> heard.Seen | None:
        is_later = self.seen is not None and self.seen.at > self.display.scene_at + OBEYS
        return self.seen if is_later else None

    def _is_told_to_hold(self) -> bool:
        return self.display.chosen(self.at) is not None and self.display.scene_until is None


def steer(connection: Connection, community: Community, names: Names, order: Order, actor: str) -> list[Told]:
    """Do something with these displays of a community, or with all of them; answers what they are told now.

    Raises
    ------
    Problem
        404 where one of them is none of the community's.
    BadSetting
        If the scene or the language is none.
    """
    known = scenes.of(community)
    if order.act == "go" and order.scene not in [one["code"] for one in known]:
        raise BadSetting(f"scene {order.scene!r} is not one of {', '.join(one['code'] for one in known)}")
    if order.act == "language" and order.language not in LANGUAGES:
        raise BadSetting(f"language {order.language!r} is not one of {', '.join(LANGUAGES)}")
    at = now()
    chosen = _named(connection, community.code, names)
    seen = heard.scenes(connection, [one.number for one in chosen], at)
    after = [DOES[order.act](_Now(one, known, at, seen.get(one.number)), order) for one in chosen]
    if order.act == "language":
        numbers = [one.number for one in after]
        connection.execute(update(display).where(display.c.id.in_(numbers)).values(language=order.language))
    kept = [keep(connection, one) for one in after]
    told_of = {"act": order.act, "scene": order.scene, "language": order.language}
    _record(connection, "display.steer", community, names, kept, told_of, actor)
    return kept


def put_programme(
    connection: Connection, community: Community, names: Names, given: Programme | None, actor: str
) -> list[Told]:
    """Give these displays a programme of their own, or (None) their community's.

    Raises
    ------
    Problem
        404 where one of them is none of the community's.
    """
    chosen = _named(connection, community.code, names)
    kept = [keep(connection, msgspec.structs.replace(one, programme=given)) for one in chosen]
    told_of = {"programme": None if given is None else msgspec.to_builtins(given)}
    _record(connection, "display.programme", community, names, kept, told_of, actor)
    return kept


def _named(connection: Connection, community: str, names: Names) -> list[Told]:
    there = told(connection, [community], is_to_change=True)
    if names is None:
        return there
    for name in names:
        if name not in [one.name for one in there]:
            raise Problem(404, "not found", f"no display {name!r} in {community!r}")
    return [one for one in there if one.name in names]


def _record(
    connection: Connection,
    action: str,
    community: Community,
    names: Names,
    kept: Sequence[Told],
    detail: dict[str, Any],
    actor: str,
) -> None:
    detail = {name: value for name, value in detail.items() if value is not None}
    if len(kept) == 1 and names is not None:
        audit.record(connection, actor, action, kept[0].name, {"community": community.code} | detail)
    else:
        audit.record(connection, actor, action, community.code, {"displays": [one.name for one in kept]} | detail)


def _move(step: int) -> Callable[[_Now, Order], Told]:
    def moved(here: _Now, _order: Order) -> Told:
        codes = [one["code"] for one in here.known if not _is_covered(here, one)]
        place = codes.index(_shown(here)) if _shown(here) in codes else 0
        return _to(here, codes[(place + step) % len(codes)])

    return moved


def _is_covered(here: _Now, scene: Mapping[str, Any]) -> bool:
    return here.display.curtain and bool(COVERED & {scene["live"], scene["panel"]})


def _shown(here: _Now) -> str:
    """The scene that is on: what somebody chose, what the clock says, what the screen said itself."""
    if here.chosen is not None:
        return here.chosen
    if here.display.shows.turns:
        return programme.due(here.display.shows, here.known, here.at)
    return (here.seen and here.seen.scene) or _first(here)


def _first(here: _Now) -> str:
    return str(here.known[0]["code"])


def _to(here: _Now, scene: str) -> Told:
    """Go to a scene; where one is held, by key too, this one is held then."""
    until = None if here.is_held else here.at + STAYS
    return msgspec.structs.replace(here.display, scene=scene, scene_until=until, scene_at=here.at)


def _hold(here: _Now, _order: Order) -> Told:
    return msgspec.structs.replace(here.display, scene=_shown(here), scene_until=None, scene_at=here.at)


def _release(here: _Now, _order: Order) -> Told:
    return msgspec.structs.replace(here.display, scene=None, scene_until=None, scene_at=here.at)


def _draw(is_drawn: bool) -> Callable[[_Now, Order], Told]:
    return lambda here, _order: msgspec.structs.replace(here.display, curtain=is_drawn, curtain_at=here.at)


DOES: Mapping[Act, Callable[[_Now, Order], Told]] = {
    "next": _move(1),
    "back": _move(-1),
    "go": lambda here, order: _to(here, order.scene or _first(here)),
    "hold": _hold,
    "release": _release,
    "curtain": _draw(True),
    "uncurtain": _draw(False),
    "reload": lambda here, _order: msgspec.structs.replace(here.display, reload_at=here.at),
    "language": lambda here, order: msgspec.structs.replace(here.display, language=order.language),
}
"""What each act makes of what a display is told."""
