"""Sparkplug's topics: ``spBv1.0/{group}/{type}/{edge node}[/{device}]`` (Sparkplug 3.0.0, section 4.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sensors.refusal import Reason, Refused
from sensors.topics import ID

ROOT = "spBv1.0"


class Type(StrEnum):
    """The types of message that edge nodes publish."""

    NBIRTH = "NBIRTH"
    NDATA = "NDATA"
    NDEATH = "NDEATH"
    DBIRTH = "DBIRTH"
    DDATA = "DDATA"
    DDEATH = "DDEATH"


OF_NODE = (Type.NBIRTH, Type.NDATA, Type.NDEATH)
OF_DEVICE = (Type.DBIRTH, Type.DDATA, Type.DDEATH)


@dataclass(frozen=True, slots=True)
class Name:
    """A topic, taken apart; ``device`` is None for the edge node itself."""

    community: str
    type: Type
    edge: str
    device: str | None


def parse(topic: str) -> Name:
    """Take a topic apart.

    Raises
    ------
    Refused
        With reason ``bad_topic``.
    """
    parts = topic.split("/")
    if len(parts) not in (4, 5) or parts[0] != ROOT:
        raise Refused(Reason.BAD_TOPIC, f"topic is not {ROOT}/{{community}}/{{type}}/{{edge node}}[/{{device}}]")
    kinds = OF_NODE if len(parts) == 4 else OF_DEVICE
    if parts[2] not in kinds:
        raise Refused(Reason.BAD_TOPIC, f"type {parts[2][:40]!r} is not one of {', '.join(kinds)}")
    for what, text in zip(("community", "edge node", "device"), (parts[1], *parts[3:]), strict=False):
        if not ID.fullmatch(text):
            raise Refused(Reason.BAD_TOPIC, f"{what} {text[:80]!r} does not match {ID.pattern}")
    return Name(parts[1], Type(parts[2]), parts[3], parts[4] if len(parts) == 5 else None)


def writes(edge: str, community: str, behind: Iterable[str]) -> list[str]:
    """What an edge node may publish on."""
    own = [f"{ROOT}/{community}/{kind}/{edge}" for kind in OF_NODE]
    return own + [f"{ROOT}/{community}/{kind}/{edge}/{device}" for device in behind for kind in OF_DEVICE]


def reads(edge: str, community: str, behind: Iterable[str]) -> list[str]:
    """What an edge node may subscribe to."""
    return [node_command(community, edge)] + [f"{ROOT}/{community}/DCMD/{edge}/{device}" for device in behind]


def node_command(community: str, edge: str) -> str:
    """Where a host asks an edge node for something."""
    return f"{ROOT}/{community}/NCMD/{edge}"
