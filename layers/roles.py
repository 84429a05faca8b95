"""Roles, and who acts in one."""

from dataclasses import dataclass

ROLES = ("steward", "manager", "admin")
"""Least first; a role may do what those before it may."""


@dataclass(frozen=True)
class Actor:
    """Who asks for a write: the token's name and its role."""

    name: str
    role: str


def may(role: str, least: str) -> bool:
    """Whether a role suffices where at least another is asked for."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)
