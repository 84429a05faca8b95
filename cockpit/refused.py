"""Routes of the quarantine: what was refused, and playing it back."""

from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from sqlalchemy import Row

from layers.declare import feeds
from layers.problem import Problem
from layers.web import CommunityPath, Given, Limit, Manager, Reading, Tongue
from sensors.intake import playback, quarantine
from sensors.intake.quarantine import Filter
from sensors.refusal import Reason
from store import audit
from store.engine import writing
from store.instant import format_rfc3339

AT_ONCE = 1_000
MAX_ID = 2**31 - 1


def router() -> APIRouter:
    """Routes below ``/api/v1/{community}/quarantine``."""
    routes = APIRouter(prefix="/api/v1", tags=["quarantine"])

    @routes.get("/{community}/quarantine")
    def list_quarantine(
        community: CommunityPath,
        connection: Reading,
        device: Annotated[str | None, Query(description="only this device's")] = None,
        reason: Annotated[Reason | None, Query(description="only these")] = None,
        limit: Limit = 100,
        cursor: Annotated[int | None, Query()] = None,
    ) -> dict[str, Any]:
        """Refused messages, newest first, each with its reason and its beginning; and how many there are of each."""
        wanted = Filter(community.code, device, reason)
        rows = quarantine.find(connection, wanted, limit, cursor)
        return {
            "messages": [_record(row) for row in rows],
            "reasons": quarantine.tally(connection, wanted),
            "next_cursor": rows[-1].id if len(rows) == limit else None,
        }

    @routes.get("/{community}/quarantine/{number}")
    def one(community: CommunityPath, connection: Reading, number: Annotated[int, Path(ge=1, le=MAX_ID)]) -> Any:
        """One refused message, whole."""
        row = quarantine.one(connection, number)
        if row is None or row.community not in (None, community.code):
            raise Problem(404, "not found", f"no refused message {number}")
        return _told(row) | {"bytes": len(row.payload), "payload_base64": b64encode(row.payload).decode()}

    @routes.post("/{community}/quarantine/play-back")
    def play_back(
        community: CommunityPath,
        given: Given,
        actor: Manager,
        tongue: Tongue,
        ids: Annotated[list[int], Body(embed=True, min_length=1, max_length=AT_ONCE)],
    ) -> dict[str, Any]:
        """Take refused messages again; what is stored leaves the quarantine, the others say why not."""
        engine = given.databases.of(community.code)
        with engine.connect() as connection:
            own = quarantine.own(connection, community.code, ids)
        with writing(engine) as connection:
            audit.record(connection, actor.label, "quarantine.play-back", community.code, {"ids": own})
        outcomes = playback.play_back(engine, feeds(), given.codecs, own)
        return {
            "stored": sum(outcome.stored for outcome in outcomes),
            "refused": [{"id": o.id, "topic": o.topic, "why": tongue(o.why)} for o in outcomes if not o.stored],
        }

    return routes


def _record(row: Row[Any]) -> dict[str, Any]:
    whole = len(row.beginning) == row.bytes
    beginning = b64encode(row.beginning).decode()
    return _told(row) | {"bytes": row.bytes, "truncated": not whole, "payload_base64": beginning}


def _told(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "received": format_rfc3339(row.received),
        "topic": row.topic,
        "device": row.device,
        "sender": row.sender,
        "reason": row.reason,
        "detail": row.detail,
    }
