"""A programme: which scenes a screen shows, how long each and when, how bright it is, whether its picture moves.

Which scene is on says the clock, the same one on every screen of the same programme. assets/js/36-rounds.js says the
same in JavaScript.
"""

from functools import cache
from typing import Annotated, Any

import msgspec

from cockpit.displays import scenes
from cockpit.errors import BadSetting
from store.instant import DAY, MINUTE, SECOND, SHANGHAI_OFFSET, Instant

ANY = "any"
Time = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
"""A time of the day in Asia/Shanghai, as HH:MM."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A scene of scenes.toml in a programme; without ``since`` and ``until`` it is on all day."""

    scene: Annotated[str, msgspec.Meta(max_length=64)]
    seconds: Annotated[int, msgspec.Meta(ge=5, le=3600)]
    since: Time | None = msgspec.field(default=None, name="from")
    until: Time | None = msgspec.field(default=None, name="to")

    def is_on(self, minute: int) -> bool:
        """Whether it is on at a minute of the day; one that ends before it begins goes over midnight."""
        since, until = minute_of(self.since or "00:00"), minute_of(self.until or "00:00")
        if since == until:
            return True
        return since <= minute < until if since < until else minute >= since or minute < until


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How bright a screen is from a time of the day on, in percent; less than 30 nobody could read."""

    since: Time = msgspec.field(name="from")
    percent: Annotated[int, msgspec.Meta(ge=30, le=100)]


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What scenes.toml says of a programme, or a row of ``display_told``."""

    turns: bool
    pixel_shift: bool
    scenes: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=20)]
    brightness: Annotated[tuple[Step, ...], msgspec.Meta(max_length=24)]


@cache
def defaults() -> dict[str, Programme]:
    """The programmes of scenes.toml by community; `ANY` is that of the others."""
    return msgspec.convert(scenes.table()["programme"], dict[str, Programme])


def default(community: str) -> Programme:
    """The programme of a community's screens that have none of their own."""
    return defaults().get(community, defaults()[ANY])


def taken(given: Any) -> Programme:
    """A programme that somebody wrote.

    Raises
    ------
    BadSetting
        If a part of it cannot be, names no scene, or a scene or a time twice.
    """
    try:
        found = msgspec.convert(given, Programme)
    except msgspec.ValidationError as error:
        raise BadSetting(f"programme: {error}") from None
    for part in found.scenes:
        if part.scene not in scenes.scenes():
            raise BadSetting(f"scene {part.scene!r} is not one of {', '.join(scenes.scenes())}")
    for what, named in (
        ("scene", [one.scene for one in found.scenes]),
        ("time", [one.since for one in found.brightness]),
    ):
        twice = next((one for one in named if named.count(one) > 1), None)
        if twice is not None:
            raise BadSetting(f"programme: the {what} {twice!r} stands there twice")
    return found


def minute_of(time: str) -> int:
    """The minute of the day of a `Time`."""
    return int(time[:2]) * 60 + int(time[3:])


def due(programme: Programme, known: list[dict[str, Any]], at: Instant) -> str:
    """The code of the scene that is on; ``known`` are those of the community (`cockpit.displays.scenes.of`).

    Where the programme has nothing on at that time it is the first of all.
    """
    minute = (at + SHANGHAI_OFFSET) % DAY // MINUTE
    parts = [
        (scene["code"], part.seconds * SECOND)
        for part in programme.scenes
        if part.is_on(minute)
        for scene in known
        if scene["of"] == part.scene
    ]
    left = at % max(sum(length for _, length in parts), 1)
    for code, length in parts:
        left -= length
        if left < 0:
            return str(code)
    return str(known[0]["code"])
