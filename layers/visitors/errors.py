"""What each gate errs by, in percent of those who pass: as somebody measured it, else the default of levels.toml."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from layers.visitors.capacity.levels import default_error
from layers.visitors.capacity.tables import gate_error
from store.instant import Instant, format_rfc3339, now


@dataclass(frozen=True, slots=True)
class Error:
    """What a gate errs by, percent, an expanded uncertainty (95 %); ``is_default`` where nobody measured it."""

    percent: float
    is_default: bool = False


def of_gates(connection: Connection, community: str, moment: Instant, at: Instant | None = None) -> dict[str, Error]:
    """The errors that count at a moment, of those gates of which somebody entered one; ``at``: by that time."""
    c = gate_error.c
    query = select(c.device_id, c.percent).where(c.community == community, c.since <= moment)
    query = query if at is None else query.where(c.at <= at)
    return {row.device_id: Error(row.percent) for row in connection.execute(query.order_by(c.since, c.id))}


def default() -> Error:
    """What counts for a gate that nobody measured."""
    return Error(default_error(), is_default=True)


def add(
    connection: Connection, community: str, device: str, percent: float, since: Instant, how: str, actor: str
) -> dict[str, Any]:
    """Keep what a gate errs by from a moment on; answers it as lists tell it."""
    row = {"community": community, "device_id": device, "since": since, "percent": percent, "how": how}
    connection.execute(insert(gate_error).values(row | {"actor": actor, "at": now()}))
    return {"device": device, "percent": percent, "from": format_rfc3339(since), "how": how, "by": actor}


def listed(
    connection: Connection, community: str, gates: list[tuple[str, str]], at: Instant | None
) -> list[dict[str, Any]]:
    """Of each gate, (id, name), what it errs by now and how that was found; the default where nobody said."""
    c, moment = gate_error.c, now() if at is None else at
    query = select(gate_error).where(c.community == community, c.since <= moment).order_by(c.since, c.id)
    newest = {row.device_id: row for row in connection.execute(query if at is None else query.where(c.at <= at))}
    found = []
    for device, name in gates:
        row = newest.get(device)
        told: dict[str, Any] = {"percent": default_error(), "default": True, "from": None, "how": None, "by": None}
        if row is not None:
            told = {"percent": row.percent, "default": False, "from": format_rfc3339(row.since), "how": row.how}
            told["by"] = row.actor
        found.append({"device": device, "name": name} | told)
    return found
