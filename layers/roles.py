"""Roles, and who acts in one."""

from dataclasses import dataclass, field

from store.demonstration import INVENTED

ROLES = ("wall", "steward", "manager", "admin")
"""Least first; a role may do what those before it may. A wall only reads."""
WRITING_ROLES = ROLES[1:]
EVERYWHERE = "*"
DISPLAY = ROLES[0]
EVERYBODY = "everybody"
"""Where no role is needed."""


@dataclass(frozen=True)
class Actor:
    """Who asks: a person who signed in, the holder of a token, or a display.

    ``kind`` is "user", "token", "display" or `INVENTED`; ``communities`` are those that the role holds in.
    """

    name: str
    role: str
    kind: str = "token"
    communities: frozenset[str] = field(default=frozenset({EVERYWHERE}))

    @property
    def label(self) -> str:
        """How records name the actor."""
        return f"{self.kind}:{self.name}"

    @property
    def source(self) -> str | None:
        """Where what they write comes from: None for who exists."""
        return INVENTED if self.kind == INVENTED else None

    def is_in(self, community: str) -> bool:
        """Whether the role holds in a community."""
        return EVERYWHERE in self.communities or community in self.communities


def may(role: str, least: str) -> bool:
    """Whether a role suffices where at least another is asked for."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)


def suffices(viewer: Actor | None, community: str, least: str) -> bool:
    """Whether somebody has a role there, or none is needed."""
    return least == EVERYBODY or (viewer is not None and viewer.is_in(community) and may(viewer.role, least))
