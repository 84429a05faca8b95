"""The topics of the contract: ``cim/v1/{community}/{device}/{channel}``."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from geo.communities import communities
from sensors.refusal import Reason, Refused

ROOT = "cim/v1"
MAX_ID = 64
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

DEVICE_FILTER = f"{ROOT}/+/+/+"
"""Everything that devices publish; the live channel is one level shorter and stays out."""


def device_filters(community: str) -> list[str]:
    """What the devices of one community publish, channel by channel: commands, which we send, stay out."""
    return channels(community, "+")


REFUSED_ROOT = "cockpit/refused"
"""Where the embedded broker hands over what a device may not publish: ``{root}/{username}/{topic}``."""

CONNECT = "connect"
"""In the place of a channel: the device was not let in. No device can publish so, for it comes without a user name."""


def of_connection(community: str, device: str) -> str:
    """Where the embedded broker hands over that a device was not let in."""
    return f"{REFUSED_ROOT}//{ROOT}/{community}/{device}/{CONNECT}"


class Channel(StrEnum):
    """What a device's message is about."""

    TELEMETRY = "telemetry"
    EVENT = "event"
    STATUS = "status"
    RESPONSE = "response"


CHANNELS = frozenset(str(channel) for channel in Channel)


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """A device's topic, taken apart."""

    community: str
    device: str
    channel: Channel


@lru_cache(maxsize=65_536)
def parse(topic: str) -> DeviceTopic:
    """Take a topic apart.

    Raises
    ------
    Refused
        With reason ``bad_topic``, if it is not of the form of the contract.
    """
    parts = topic.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT:
        raise Refused(Reason.BAD_TOPIC, f"topic is not {ROOT}/{{community}}/{{device}}/{{channel}}")
    _, _, community, device, channel = parts
    for what, text in (("community", community), ("device", device)):
        if not ID.fullmatch(text):
            raise Refused(Reason.BAD_TOPIC, f"{what} {text[:80]!r} does not match {ID.pattern}")
    if channel not in CHANNELS:
        raise Refused(Reason.BAD_TOPIC, f"channel {channel[:80]!r} is not one of {', '.join(Channel)}")
    return DeviceTopic(community, device, Channel(channel))


def whose(topic: str) -> tuple[str | None, str | None]:
    """Community and device that a topic seems to name, however wrong it is; for whoever looks for a refusal."""
    parts = topic.removeprefix(f"{REFUSED_ROOT}//").split("/")
    if len(parts) <= 3:
        return None, None
    # Protocols of their own name the group second and the device last.
    community, device = (parts[2], parts[3]) if "/".join(parts[:2]) == ROOT else (parts[1], parts[-1])
    return community if community in communities() else None, device if len(device) <= MAX_ID else None


def is_of_device(topic: str) -> bool:
    """Whether a topic is one on which devices publish; what we send to them is not."""
    parts = topic.split("/")
    return len(parts) == 5 and topic.startswith(f"{ROOT}/") and parts[4] in CHANNELS


def base(community: str, device: str) -> str:
    """The topic below which a device publishes."""
    return f"{ROOT}/{community}/{device}"


def channels(community: str, device: str) -> list[str]:
    """The topics that a device publishes on."""
    return [f"{base(community, device)}/{channel}" for channel in Channel]


def command(community: str, device: str) -> str:
    """The one topic that a device may subscribe to."""
    return f"{ROOT}/{community}/{device}/command"


def live(community: str) -> str:
    """Where deltas go out after the commit, from ingest to every web process."""
    return f"{ROOT}/{community}/live"


LIVE_FILTER = live("+")
