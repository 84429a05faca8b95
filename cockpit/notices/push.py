"""Web Push: the phones that are called for somebody, each a webhook of theirs."""

import hashlib
import ipaddress
import tomllib
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select

from cockpit.errors import BadSetting
from cockpit.notices import vapid, webhooks
from cockpit.notices.destinations import check_url
from store import audit
from store.engine import upsert
from store.instant import now
from store.notices import ALL_KINDS, push_key, webhook
from store.seal import Seal

MOST = 10
"""Phones of one person; a further one takes the place of the oldest."""


@cache
def services() -> tuple[str, ...]:
    """Hosts of services; one that begins with a point is what a host ends in."""
    return tuple(tomllib.loads((files("cockpit.notices") / "push.toml").read_text(encoding="utf-8"))["hosts"])


def public_key(connection: Connection, seal: Seal, community: str) -> str:
    """Our public key, as a browser takes it; the pair is made when somebody first asks, and kept sealed."""
    return vapid.public(_pem(connection, seal, community))


def add(connection: Connection, seal: Seal, community: str, person: str, url: str, actor: str) -> None:
    """Call a phone from now on of what is meant for a person by name. A phone is one person's: the last who asked.

    Raises
    ------
    BadSetting
        If the address is of no service that is known.
    """
    check_url(url)
    _check_service(url)
    name = name_of(url)
    of_phone = (webhook.c.community == community, webhook.c.name == name, webhook.c.person.is_not(None))
    webhooks.end(connection, *of_phone)
    own = (webhook.c.community == community, webhook.c.person == person, webhook.c.removed.is_(None))
    older = list(connection.scalars(select(webhook.c.id).where(*own).order_by(webhook.c.id.desc()).offset(MOST - 1)))
    webhooks.end(connection, webhook.c.id.in_(older))
    row = {"community": community, "name": name, "format": vapid.FORMAT, "kinds": ALL_KINDS, "person": person}
    sealed = {"url": seal.seal(url), "secret": seal.seal(_pem(connection, seal, community))}
    connection.execute(insert(webhook).values(row | sealed | {"created": now()}))
    audit.record(connection, actor, "push.add", community, {"service": urlsplit(url).hostname})


def remove(connection: Connection, community: str, person: str, url: str, actor: str) -> None:
    """Call a person's phone no more; nothing where it was not called."""
    ended = webhooks.end(
        connection, webhook.c.community == community, webhook.c.name == name_of(url), webhook.c.person == person
    )
    if ended:
        audit.record(connection, actor, "push.remove", community, {"service": urlsplit(url).hostname})


def name_of(url: str) -> str:
    """What a phone is called in the outbox: its address is a secret."""
    return f"{vapid.FORMAT}-{hashlib.sha256(url.encode()).hexdigest()[:24]}"


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


def _pem(connection: Connection, seal: Seal, community: str) -> str:
    query = select(push_key.c.secret).where(push_key.c.community == community)
    known = connection.scalar(query)
    if known is None:
        row = {"community": community, "secret": seal.seal(vapid.new_key()), "created": now()}
        connection.execute(
            upsert(connection, push_key).values(row).on_conflict_do_nothing(index_elements=["community"])
        )
        known = connection.execute(query).scalar_one()
    return seal.open(known)
