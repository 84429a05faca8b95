"""What lets somebody in: a session's secret, a token, or a display's link, each known by its hash."""

from dataclasses import dataclass
from typing import Literal

from layers.roles import Actor
from store.instant import Instant

REVISION = "people"
"""Raised by whatever ends a credential or changes what somebody may."""


@dataclass(frozen=True)
class Credential:
    """A secret in use, by its hash."""

    kind: Literal["session", "token", "display"]
    token_hash: str


@dataclass(frozen=True)
class Identity:
    """Who asks, and by what; ``used`` is when that was last noted, None where it never was."""

    actor: Actor
    credential: Credential
    used: Instant | None = None
