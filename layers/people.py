"""What is told of people, and to whom: stewards and above of a community see names, everybody else sees none.

Live frames are encoded once for all, so what goes there carries no names in the first place.
"""

from typing import Any, TypeVar, cast

from layers.roles import Actor, may

ROLES = ("actor", "by", "reporter")
"""Members that say who did something: ``kind:name``."""
NAMES = ("assignee", "steward")
"""Members that hold a person's name by itself."""
FEWEST = 5
"""A total of fewer people than this could name one of them."""
HIDDEN_KINDS = ("user", "command")
"""Kinds of actors that are people; a device or another program is nobody."""

Record = TypeVar("Record")


def sees_people(viewer: Actor | None, community: str) -> bool:
    """Whether somebody is told names there."""
    return viewer is not None and may(viewer.role, "steward") and viewer.is_in(community)


def told_to(viewer: Actor | None, community: str, record: Record) -> Record:
    """A record as whoever asks may see it."""
    return record if sees_people(viewer, community) else cast(Record, without_people(record))


def without_people(record: Any) -> Any:
    """A record, and all that is in it, for strangers."""
    if isinstance(record, dict):
        return {name: _told(name, value) for name, value in record.items()}
    if isinstance(record, list):
        return [without_people(one) for one in record]
    return record


def _told(name: str, value: Any) -> Any:
    if name in NAMES and isinstance(value, str):
        return None
    if name in ROLES and isinstance(value, str):
        kind = value.partition(":")[0]
        return kind if kind in HIDDEN_KINDS else value
    return without_people(value)
