"""What somebody invented does at a moment: a write through a route, named so that it is done once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from store.instant import Instant


@dataclass(frozen=True)
class Made:
    """Stands for the id of what the act of this key made."""

    key: str


@dataclass(frozen=True)
class Drawing:
    """Stands for a picture that is drawn: what it shows, and what is written on it."""

    motif: str
    caption: str


@dataclass(frozen=True)
class Grids:
    """Stands for a survey file of the grids: an invented one for each area."""


Body: TypeAlias = Mapping[str, Any] | Drawing | Grids


@dataclass(frozen=True, kw_only=True)
class Act:
    """One write.

    ``path`` is below ``/api/v1/{community}``. ``kind`` says what it makes: "event", "row", "matter" and others that
    have an id, "step" for what changes one of these, "picture" for a photo of one. ``sees`` is set where the route asks
    for the version that was seen.
    """

    at: Instant
    by: str
    key: str
    kind: str
    path: tuple[str | Made, ...]
    body: Body
    sees: bool = False
