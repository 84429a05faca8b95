"""Commands to devices: a row first, then a message, then the device's answer.

A command is stored before it is sent and sent until the broker has it, so that none is lost over a
restart; a device may get it twice and knows it by its id. It carries when it expires: a siren that was
away must not sound an hour later.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from sensors import topics
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.errors import CommandError
from sensors.jsonin import NUL
from sensors.jsonin import decode as decode_json
from sensors.refusal import Reason, Refused
from sensors.tables import command, device
from store import revision
from store.engine import KEYS_A_QUERY
from store.instant import MILLISECOND, SECOND, Instant, now

REVISION = "command"
SECONDS = (1, 86_400)
DEFAULT_SECONDS = 60
MAX_RESULT = 4_000
ID_BYTES = 8
ID = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}")
WHAT_ANSWERS = 'expected {"id": "...", "ok": true or false, "result": ...}'


class State(StrEnum):
    """What became of a command."""

    QUEUED = "queued"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Response:
    """A device's answer."""

    id: str
    ok: bool
    result: str | None
    received: Instant


def issue(
    connection: Connection,
    device: Device,
    name: str,
    params: dict[str, Any],
    actor: str,
    seconds: int = DEFAULT_SECONDS,
) -> str:
    """Store a command that is to be sent; returns its id.

    Raises
    ------
    CommandError
        If the device takes no such command, a parameter is wrong, or the time limit is.
    """
    if device.revoked is not None:
        raise CommandError(f"device {device.id!r} is revoked")
    known = kinds()[device.kind].commands
    if name not in known:
        raise CommandError(f"a {device.kind} takes {', '.join(known) or 'no commands'}; not {name[:40]!r}")
    faults = known[name].faults(params)
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        faults.append(f"seconds: {SECONDS[0]} to {SECONDS[1]}")
    if faults:
        raise CommandError("; ".join(faults))
    moment = now()
    row = {
        "id": secrets.token_hex(ID_BYTES),
        "community": device.community,
        "device_id": device.id,
        "name": name,
        "params": msgspec.json.encode(params).decode(),
        "actor": actor,
        "issued": moment,
        "expires": moment + seconds * SECOND,
    }
    connection.execute(insert(command).values(row))
    revision.bump(connection, REVISION)
    return str(row["id"])


def waiting(connection: Connection, communities: Sequence[str], at: Instant) -> list[Row[Any]]:
    """Commands that no broker has yet and that are not expired, oldest first; of some communities or all."""
    query = select(command).where(command.c.sent.is_(None), command.c.expires > at).order_by(command.c.issued)
    if communities:
        query = query.where(command.c.community.in_(communities))
    return list(connection.execute(query))


def message(row: Row[Any]) -> tuple[str, bytes]:
    """Topic and payload of a command."""
    body = {
        "id": row.id,
        "command": row.name,
        "params": msgspec.Raw(row.params.encode()),
        "issued": row.issued // MILLISECOND,
        "expires": row.expires // MILLISECOND,
    }
    return topics.command(row.community, row.device_id), msgspec.json.encode(body)


def mark_sent(connection: Connection, ids: Sequence[str], at: Instant) -> None:
    """Note that the broker has these commands."""
    connection.execute(update(command).where(command.c.id.in_(ids), command.c.sent.is_(None)).values(sent=at))


def take_back(connection: Connection, communities: Sequence[str], at: Instant) -> int:
    """Have those sent once more that nobody answered and that still hold; returns how many.

    For a broker that keeps what it was given in memory only, and has begun anew.
    """
    unanswered = (command.c.sent.is_not(None), command.c.answered.is_(None), command.c.expires > at)
    within = (command.c.community.in_(communities),) if communities else ()
    return connection.execute(update(command).where(*unanswered, *within).values(sent=None)).rowcount


def read_response(payload: bytes, received: Instant) -> Response:
    """Read what a device answers.

    Raises
    ------
    Refused
        If it is not of the form of docs/devices.md.
    """
    content = decode_json(payload)
    if not isinstance(content, dict) or not isinstance(content.get("id"), str) or type(content.get("ok")) is not bool:
        raise Refused(Reason.WRONG_SHAPE, WHAT_ANSWERS)
    if not ID.fullmatch(content["id"]):
        raise Refused(Reason.UNKNOWN_COMMAND, f"{content['id'][:40]!r} is no command's id")
    result = content.get("result")
    text = None if result is None else result if isinstance(result, str) else msgspec.json.encode(result).decode()
    if text is not None and (len(text) > MAX_RESULT or NUL in text):
        raise Refused(Reason.WRONG_SHAPE, f"result: at most {MAX_RESULT} characters, none of them NUL")
    return Response(content["id"], content["ok"], text, received)


def check_asked(connection: Connection, device: Device, response: Response) -> None:
    """Make sure that a device answers a command of its own.

    Raises
    ------
    Refused
        With reason ``unknown_command``.
    """
    own = select(command.c.id).where(command.c.id == response.id, command.c.device_id == device.id)
    if connection.scalar(own) is None:
        raise Refused(Reason.UNKNOWN_COMMAND, f"device {device.id!r} was given no command {response.id[:40]!r}")


def keep(connection: Connection, responses: Sequence[Response]) -> None:
    """Keep answers; of two to the same command the first one counts."""
    for response in responses:
        first = command.c.answered.is_(None)
        values = {"answered": response.received, "ok": response.ok, "result": response.result}
        connection.execute(update(command).where(command.c.id == response.id, first).values(values))


def newest(connection: Connection, device_id: str, limit: int, before: Instant | None = None) -> list[Row[Any]]:
    """The commands of a device, newest first."""
    query = select(command).where(command.c.device_id == device_id).order_by(command.c.issued.desc()).limit(limit)
    if before is not None:
        query = query.where(command.c.issued < before)
    return list(connection.execute(query))


def newest_of(connection: Connection, device_ids: Sequence[str], limit: int) -> dict[str, list[Row[Any]]]:
    """The newest commands of each of these devices, newest first; all in one question."""
    earlier = command.alias()
    # The moment of the last one that is wanted: found by the index, whatever a device was told since it is there.
    since = (
        select(earlier.c.issued)
        .where(earlier.c.device_id == device.c.id)
        .order_by(earlier.c.issued.desc())
        .limit(1)
        .offset(limit - 1)
        .scalar_subquery()
    )
    found: dict[str, list[Row[Any]]] = {one: [] for one in device_ids}
    for first in range(0, len(device_ids), KEYS_A_QUERY):
        some = select(device.c.id, func.coalesce(since, 0).label("since"))
        chosen = some.where(device.c.id.in_(device_ids[first : first + KEYS_A_QUERY])).subquery()
        newer = (command.c.device_id == chosen.c.id) & (command.c.issued >= chosen.c.since)
        query = select(command).join(chosen, newer).order_by(command.c.device_id, command.c.issued.desc())
        for row in connection.execute(query):
            found[row.device_id].append(row)
    return {one: rows[:limit] for one, rows in found.items()}


def one(connection: Connection, device_id: str, command_id: str) -> Row[Any] | None:
    """One command of a device."""
    wanted = (command.c.id == command_id, command.c.device_id == device_id)
    return connection.execute(select(command).where(*wanted)).one_or_none()


def state_of(row: Row[Any], at: Instant) -> State:
    """What became of a command; an answer that came after the time limit still counts."""
    if row.answered is not None:
        return State.DONE if row.ok else State.FAILED
    if at >= row.expires:
        return State.EXPIRED
    return State.QUEUED if row.sent is None else State.SENT
