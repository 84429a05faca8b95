"""Web Push: the phones that are called for somebody, each a webhook of theirs.

A browser has one subscription for all of our pages, under one key: so the key is the installation's, and each
community knows for itself which phones it calls. Beside each phone stands the key that it is called by.
"""

import hashlib
import ipaddress
import tomllib
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from cockpit.errors import BadSetting
from cockpit.notices import phones, vapid, webhooks
from cockpit.notices.destinations import check_url
from store import audit
from store.databases import Databases
from store.engine import upsert, writing
from store.instant import now
from store.notices import ALL_KINDS, INSTALLATION, push_key, webhook
from store.seal import Seal, SealError
from store.why import first_line

log = structlog.get_logger(__name__)

MOST = 10
"""Phones of one person; a further one takes the place of the oldest."""

OURS = select(push_key.c.secret).where(push_key.c.community == INSTALLATION)


@cache
def services() -> tuple[str, ...]:
    """Hosts of services; one that begins with a point is what a host ends in."""
    return tuple(tomllib.loads((files("cockpit.notices") / "push.toml").read_text(encoding="utf-8"))["hosts"])


def public_key(databases: Databases, seal: Seal) -> str:
    """Our public key, as a browser takes it; the pair is made when somebody first asks, and kept sealed."""
    return vapid.public(_pem(databases, seal))


def is_called(connection: Connection, community: str, person: str, digest: str) -> bool:
    """Whether a community calls a phone of that person; ``digest`` is the SHA-256 of its address, in hex."""
    c = webhook.c
    own = (c.community == community, c.person == person, c.name == _named(digest), c.removed.is_(None))
    return connection.scalar(select(c.id).where(*own).limit(1)) is not None


def add(databases: Databases, seal: Seal, community: str, person: str, url: str, actor: str) -> None:
    """Call a phone from now on of what is meant for a person by name. A phone is one person's: the last who asked.

    Raises
    ------
    BadSetting
        If the address is of no service that is known.
    """
    check_url(url)
    _check_service(url)
    name = name_of(url)
    c = webhook.c
    of_others = (c.name == name, c.person != person)
    pem = _pem(databases, seal)
    row = {"community": community, "name": name, "format": vapid.FORMAT, "kinds": ALL_KINDS, "person": person}
    sealed = {"url": seal.seal(url), "secret": seal.seal(pem)}
    with writing(databases.of(community)) as connection:
        webhooks.end(connection, c.name == name, or_(c.community == community, c.person != person))
        own = (c.community == community, c.person == person, c.removed.is_(None))
        older = list(connection.scalars(select(c.id).where(*own).order_by(c.id.desc()).offset(MOST - 1)))
        webhooks.end(connection, c.id.in_(older))
        connection.execute(insert(webhook).values(row | sealed | {"created": now()}))
        audit.record(connection, actor, "push.add", community, {"service": urlsplit(url).hostname})
    # Whose phone it was is not called on it by communities of other databases either.
    for engine in databases.all:
        if engine is not databases.of(community):
            phones.end_in(engine, *of_others)


def remove(connection: Connection, community: str, person: str, url: str, actor: str) -> None:
    """Call a person's phone no more; nothing where it was not called."""
    ended = webhooks.end(
        connection, webhook.c.community == community, webhook.c.name == name_of(url), webhook.c.person == person
    )
    if ended:
        audit.record(connection, actor, "push.remove", community, {"service": urlsplit(url).hostname})


def name_of(url: str) -> str:
    """What a phone is called in the outbox: its address is a secret."""
    return _named(hashlib.sha256(url.encode()).hexdigest())


def _named(digest: str) -> str:
    return f"{vapid.FORMAT}-{digest[:24]}"


def _check_service(url: str) -> None:
    host = urlsplit(url).hostname or ""
    if any(host == one or (one.startswith(".") and host.endswith(one)) for one in services()):
        return
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        found = None
    # Of the addresses that are no service's, `check_url` lets pass what is of a network that is named.
    if found is None or found.is_global:
        raise BadSetting(f"{host or 'the address'} is not a push service that is known")


def _pem(databases: Databases, seal: Seal) -> str:
    """The key of the installation. One that nothing opens any more, since its seal was given up, is replaced.

    Nothing is lost by that: what is called by the former key has a copy of its own, sealed by the same seal.
    """
    with databases.shared.connect() as connection:
        kept = connection.scalar(OURS)
    pem = _opened(seal, kept)
    if pem is not None:
        return pem
    sealed = seal.seal(_of_a_community(databases, seal) or vapid.new_key())
    with writing(databases.shared) as connection:
        # Who comes second takes what the first kept.
        if kept is None:
            row = {"community": INSTALLATION, "secret": sealed, "created": now()}
            adding = upsert(connection, push_key).values(row)
            connection.execute(adding.on_conflict_do_nothing(index_elements=["community"]))
        else:
            c = push_key.c
            locked = (c.community == INSTALLATION, c.secret == kept)
            connection.execute(update(push_key).where(*locked).values(secret=sealed, created=now()))
        return seal.open(connection.execute(OURS).scalar_one())


def _of_a_community(databases: Databases, seal: Seal) -> str | None:
    """The oldest key that opens of when each community had its own: phones that know it keep their subscription."""
    c = push_key.c
    found: list[tuple[int, bytes]] = []
    for engine in databases.all:
        try:
            with engine.connect() as connection:
                query = select(c.created, c.secret).where(c.community != INSTALLATION)
                found += [(row.created, row.secret) for row in connection.execute(query)]
        except SQLAlchemyError as error:
            log.error("push_keys_not_read", error=first_line(error))
    opened = (_opened(seal, secret) for _created, secret in sorted(found))
    return next((one for one in opened if one is not None), None)


def _opened(seal: Seal, sealed: bytes | None) -> str | None:
    try:
        return None if sealed is None else seal.open(sealed)
    except SealError:
        return None
