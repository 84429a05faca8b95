"""The bell: what whoever is signed in should hear of, and what of it they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, true

from cockpit.notices.subjects import page_of
from geo import whereabouts
from layers.declare import notice_row
from layers.roles import ROLES, Actor, may
from store.engine import upsert
from store.instant import DAY, format_rfc3339, now
from store.language import in_all
from store.notices import notice, notice_read

UNREAD_WITHIN = 30 * DAY
"""What nobody read in that time is not counted any more; it stays in the list."""


aliased_notice = notice.alias("own")


@dataclass(frozen=True)
class Hearer:
    """Who should hear of what in a community; ``unwanted`` are kinds that they hear of only where they are named."""

    actor: Actor
    community: str
    unwanted: frozenset[str] = frozenset()


def heard(connection: Connection, hearer: Hearer, limit: int, before: int | None) -> list[dict[str, Any]]:
    """Notices for somebody, newest first; ``before`` is the last one of the page before."""
    actor, community = hearer.actor, hearer.community
    query = select(notice, _is_read(actor).label("read")).where(*_for(hearer))
    if before is not None:
        query = query.where(notice.c.id < before)
    return [
        {
            "id": row.id,
            "at": format_rfc3339(row.at),
            "kind": row.kind,
            **in_all("text", notice_row(row.kind), "text"),
            "subject": row.subject,
            "title": row.title,
            **({} if row.title_en is None else {"title_en": row.title_en}),
            "place": row.place,
            **in_all("place_name", whereabouts.words(community, row.spot, area=row.place)),
            "page": page_of(row.kind, row.subject, community),
            "mine": row.person == actor.name,
            "read": bool(row.read),
        }
        for row in connection.execute(query.order_by(notice.c.id.desc()).limit(limit))
    ]


def unread(connection: Connection, hearer: Hearer) -> int:
    """How many notices somebody has not read."""
    query = select(func.count()).select_from(notice)
    return connection.scalar(query.where(*_for(hearer), *_counts(hearer.actor))) or 0


def mark_read(connection: Connection, hearer: Hearer, ids: Sequence[int] | None) -> int:
    """Mark notices read, or all (None); returns how many were not before."""
    actor = hearer.actor
    query = select(notice.c.id).where(*_for(hearer), *_counts(actor))
    found = list(connection.scalars(query if ids is None else query.where(notice.c.id.in_(ids))))
    if found:
        rows = [{"reader": actor.label, "notice_id": number} for number in found]
        connection.execute(upsert(connection, notice_read).on_conflict_do_nothing(), rows)
    return len(found)


def _for(hearer: Hearer) -> list[ColumnElement[bool]]:
    actor = hearer.actor
    roles = [role for role in ROLES if may(actor.role, role)]
    # Who is told by name as well as by role hears of it once, by name.
    own = aliased_notice.c
    by_name = exists().where(own.mark == notice.c.mark + f":{actor.name}", own.person == actor.name)
    meant = or_(notice.c.least.in_(roles) & ~by_name, notice.c.person == actor.name)
    wanted = or_(notice.c.kind.not_in(hearer.unwanted), notice.c.person == actor.name) if hearer.unwanted else true()
    return [notice.c.community == hearer.community, meant, wanted]


def _counts(actor: Actor) -> list[ColumnElement[bool]]:
    return [notice.c.at >= now() - UNREAD_WITHIN, ~_is_read(actor)]


def _is_read(actor: Actor) -> ColumnElement[bool]:
    return exists().where(notice_read.c.notice_id == notice.c.id, notice_read.c.reader == actor.label)
