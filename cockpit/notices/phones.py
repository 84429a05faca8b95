"""Phones that are called no more: of whoever is shut out, moved or signed out everywhere, or of somebody else now."""

import structlog
from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from cockpit.notices import webhooks
from store import audit
from store.databases import Databases
from store.engine import writing
from store.notices import webhook
from store.why import first_line

log = structlog.get_logger(__name__)


def end_of(databases: Databases, person: str, actor: str) -> None:
    """Call no phone of somebody, in no community; who may still be called turns it on again on the phone."""
    for engine in databases.all:
        end_in(engine, webhook.c.person == person, person=person, actor=actor)


def end_in(engine: Engine, *which: ColumnElement[bool], person: str | None = None, actor: str = "") -> None:
    """Call none of these phones from a database; the audit trail tells of a ``person``'s.

    A database that is away holds up nobody: it is logged.
    """
    try:
        with engine.connect() as connection:
            if connection.scalar(select(webhook.c.id).where(webhook.c.removed.is_(None), *which).limit(1)) is None:
                return
        with writing(engine) as connection:
            ended = webhooks.end(connection, *which)
            if person is not None:
                audit.record(connection, actor, "push.end", person, {"phones": ended})
    except SQLAlchemyError as error:
        log.error("phone_not_ended", error=first_line(error))
