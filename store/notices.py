"""Notices: what somebody should hear of, written in the transaction of what it tells of.

The deliveries to webhooks are written in the same transaction (an outbox): what was committed will be
told, what was rolled back never is, and nothing depends on a process that lives on.
"""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    exists,
    insert,
    select,
)

from store.engine import upsert
from store.instant import HOUR, Instant, behind, is_handed_down
from store.metadata import metadata

ALL_KINDS = "*"
INSTALLATION = ""
"""In place of a community's code: the key by which all of them call phones."""
LONG_OVER = 6 * HOUR
"""What is written as of a time that lies so far back calls nobody any more."""

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    # Where its words are not somebody's own.
    Column("title_en", String(200)),
    Column("place", String(64)),
    # The deepest place that is known: a node of geo.hierarchy, where that is more than the area.
    Column("spot", String(160)),
    # How severe what it tells of is, and of which category, by their codes; none where it has none.
    Column("severity", String(16)),
    Column("category", String(64)),
    # Who is meant: everybody from a role on, somebody by name, or both.
    Column("least", String(16)),
    Column("person", String(80)),
    # The same occurrence is told once.
    Column("mark", String(160), nullable=False),
    UniqueConstraint("mark", name="uq_notice_mark"),
    Index("ix_notice_community_at", "community", "at"),
)

notice_read = Table(
    "notice_read",
    metadata,
    Column("reader", String(100), primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), primary_key=True),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("name", String(80), nullable=False),
    Column("format", String(16), nullable=False),
    # Kinds of notices, parted by spaces; "*" for all.
    Column("kinds", String(400), nullable=False),
    # Address and secret, sealed: a robot's address is its password.
    Column("url", LargeBinary, nullable=False),
    Column("secret", LargeBinary),
    Column("created", BigInteger, nullable=False),
    Column("removed", BigInteger),
    # Whose phone it is: only what is meant for them by name goes there. None: all of the community.
    Column("person", String(80)),
    Index("ix_webhook_community", "community"),
)

push_key = Table(
    "push_key",
    metadata,
    # INSTALLATION, in the shared database; a community's code where it was made while each had a key of its own.
    Column("community", String(64), primary_key=True),
    # The private key by which services of Web Push know us, sealed.
    Column("secret", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("webhook_id", Integer, ForeignKey("webhook.id"), primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), primary_key=True),
    # waiting, done, or given_up.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("error", String(200)),
    Index("ix_delivery_state_next_at", "state", "next_at"),
)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What happened, and who is meant: ``least`` a role and those above it, ``person`` somebody by name.

    ``title_en`` is the title in English, where it has words that are not somebody's own. ``place`` is the code of
    an area, ``spot`` the deepest place that is known.
    ``mark`` is the same for the same occurrence, however often it is found.
    """

    community: str
    at: Instant
    kind: str
    subject: str
    title: str
    mark: str
    title_en: str | None = None
    place: str | None = None
    spot: str | None = None
    severity: str | None = None
    category: str | None = None
    least: str | None = None
    person: str | None = None


def tell(connection: Connection, told: Notice, *, is_posted: bool = True) -> bool:
    """Write a notice and its deliveries; returns whether it is new. Nothing of what was over long before it is written.

    ``is_posted``: whether it goes to webhooks; not where it only calls one more person to what they were sent already.
    Phones are called in any case: they are that person's.
    """
    if behind() > LONG_OVER:
        return False
    row = {name: getattr(told, name) for name in Notice.__dataclass_fields__}
    adding = upsert(connection, notice).values(row).on_conflict_do_nothing(index_elements=["mark"])
    number = connection.scalar(adding.returning(notice.c.id))
    if number is None:
        return False
    # What is written as of a time that is handed down is invented, and is sent to nobody.
    if is_handed_down():
        return True
    whose = webhook.c.person == told.person
    if is_posted:
        whose |= webhook.c.person.is_(None)
    hooks = select(webhook.c.id, webhook.c.kinds).where(
        webhook.c.community == told.community, webhook.c.removed.is_(None), whose
    )
    rows = [
        {"webhook_id": hook.id, "notice_id": number, "state": "waiting", "attempts": 0, "next_at": told.at}
        for hook in connection.execute(hooks)
        if {ALL_KINDS, told.kind} & set(hook.kinds.split())
    ]
    if rows:
        connection.execute(insert(delivery), rows)
    return True


def take_back(connection: Connection, beginning: str) -> bool:
    """Remove notices by the beginning of their marks; returns whether nothing of them was sent, or is being sent.

    A delivery is claimed before it is sent, by a statement that finds it unclaimed; so is it here, by removing it.
    """
    marks = notice.c.mark.startswith(beginning, autoescape=True)
    numbers = list(connection.scalars(select(notice.c.id).where(marks)))
    if not numbers:
        return True
    of_them = delivery.c.notice_id.in_(numbers)
    connection.execute(delete(delivery).where(of_them, delivery.c.state == "waiting", delivery.c.attempts == 0))
    if connection.scalar(select(delivery.c.notice_id).where(of_them).limit(1)) is not None:
        return False
    connection.execute(delete(notice_read).where(notice_read.c.notice_id.in_(numbers)))
    connection.execute(delete(notice).where(notice.c.id.in_(numbers)))
    return True


def forget(connection: Connection, before: Instant, most: int) -> int:
    """Remove up to so many notices that are older, with who read them and what was sent; returns how many.

    What still waits to be sent stays, unless it waits for a webhook that was removed.
    """
    waits = exists().where(
        delivery.c.notice_id == notice.c.id,
        delivery.c.state == "waiting",
        delivery.c.webhook_id == webhook.c.id,
        webhook.c.removed.is_(None),
    )
    old = select(notice.c.id).where(notice.c.at < before, ~waits).order_by(notice.c.id).limit(most)
    numbers = list(connection.scalars(old))
    for column in (notice_read.c.notice_id, delivery.c.notice_id, notice.c.id):
        connection.execute(delete(column.table).where(column.in_(numbers)))
    return len(numbers)
