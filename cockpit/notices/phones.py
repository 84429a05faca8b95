"""Phones of whoever is shut out, moved or signed out everywhere are called no more."""

from sqlalchemy import select

from cockpit.notices import webhooks
from store import audit
from store.databases import Databases
from store.engine import writing
from store.notices import webhook


def end_of(databases: Databases, person: str, actor: str) -> None:
    """Call no phone of somebody, in no community; who may still be called turns it on again on the phone."""
    of_person = (webhook.c.person == person, webhook.c.removed.is_(None))
    for engine in databases.all:
        with engine.connect() as connection:
            if connection.scalar(select(webhook.c.id).where(*of_person).limit(1)) is None:
                continue
        with writing(engine) as connection:
            ended = webhooks.end(connection, *of_person)
            audit.record(connection, actor, "push.end", person, {"phones": ended})
