"""Somebody of the demonstration sees to alarms: to some, after a while, and never to one of a real device."""

import zlib
from typing import Any

import structlog

from cockpit.demonstration.application import Application
from cockpit.demonstration.tables import people
from store.instant import MINUTE, Instant, parse_rfc3339

log = structlog.get_logger(__name__)

AFTER = 4 * MINUTE
LEFT_OF = 3
"""One of so many is left for whoever looks at the demonstration."""
BY = "steward-1"


async def attend(application: Application, community: str, moment: Instant) -> None:
    """Acknowledge what has waited, and reset what has returned and is latched."""
    at, note = f"/api/v1/{community}/alarms", people().said["seen_to"]
    found = await application.ask(BY, "GET", f"{at}?state=open&limit=100", moment)
    if not found.is_good:
        log.warning("demonstration_alarms", community=community, why=found.body)
        return
    for alarm in found.body["alarms"]:
        way = _way(alarm, moment)
        if way is not None:
            await application.ask(BY, "POST", f"{at}/{alarm['id']}/{way}", moment, json={"note": note})


def _way(alarm: dict[str, Any], moment: Instant) -> str | None:
    if not alarm.get("source") or zlib.crc32(alarm["id"].encode()) % LEFT_OF == 0:
        return None
    if moment - parse_rfc3339(alarm["raised"]) < AFTER:
        return None
    return "acknowledge" if alarm["state"] in ("unacknowledged", "returned") else None
