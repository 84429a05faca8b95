"""Webhooks: where notices are sent to. Address and secret are kept sealed and never shown again."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from cockpit.errors import BadSetting
from cockpit.names import check_name
from cockpit.notices.destinations import check_url
from cockpit.notices.formats import OF_WEBHOOKS
from layers.declare import notice_kinds
from store import audit
from store.instant import format_rfc3339, now
from store.notices import ALL_KINDS, delivery, webhook
from store.seal import Seal, SealError

SECRET_BYTES = 24


def add(
    connection: Connection,
    seal: Seal,
    community: str,
    name: str,
    url: str,
    form: str,
    kinds: Sequence[str],
    secret: str | None,
    actor: str,
) -> str | None:
    """Add a webhook; from now on notices go there. Returns the secret that it signs with, if it signs.

    ``secret`` is what a DingTalk robot was given; one of the ``json`` format is made here.

    Raises
    ------
    BadSetting
        Naming what will not do.
    """
    _check(connection, community, name, url, form, kinds)
    if form == "json":
        secret = secret or "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        _check_secret(secret)
    row = {
        "community": community,
        "name": name,
        "format": form,
        "kinds": " ".join(kinds) or ALL_KINDS,
        "url": seal.seal(url),
        "secret": seal.seal(secret) if secret else None,
        "created": now(),
    }
    connection.execute(insert(webhook).values(row))
    told = {"community": community, "host": urlsplit(url).hostname, "format": form, "kinds": row["kinds"]}
    audit.record(connection, actor, "webhook.add", name, told)
    return secret


def known(connection: Connection, seal: Seal, community: str) -> list[dict[str, Any]]:
    """Every webhook of a community, with its host only, and how its deliveries fare."""
    counts: dict[int, dict[str, int]] = {}
    query = select(delivery.c.webhook_id, delivery.c.state, func.count().label("n"))
    for row in connection.execute(query.group_by(delivery.c.webhook_id, delivery.c.state)):
        counts.setdefault(row.webhook_id, {})[row.state] = row.n
    found = connection.execute(_present(community).order_by(webhook.c.name)).all()
    return [
        {
            "name": row.name,
            **_host(seal, row.url),
            "format": row.format,
            "kinds": row.kinds.split(),
            "created": format_rfc3339(row.created),
            "deliveries": {state: counts.get(row.id, {}).get(state, 0) for state in ("done", "waiting", "given_up")},
            "error": _last_error(connection, row.id),
        }
        for row in found
    ]


def _host(seal: Seal, url: bytes) -> dict[str, str | None]:
    """The host of a sealed address, or why nobody knows it."""
    try:
        return {"host": urlsplit(seal.open(url)).hostname, "locked": None}
    except SealError:
        return {"host": None, "locked": seal.locked}


def named(connection: Connection, community: str, name: str) -> Any:
    """One webhook's row.

    Raises
    ------
    BadSetting
        If there is none of that name.
    """
    row = connection.execute(_present(community).where(webhook.c.name == name)).one_or_none()
    if row is None:
        raise BadSetting(f"no webhook {name!r} in {community!r}")
    return row


def remove(connection: Connection, community: str, name: str, actor: str) -> None:
    """Send nothing there any more, not what waits either.

    Raises
    ------
    BadSetting
        If there is none of that name.
    """
    row = named(connection, community, name)
    end(connection, webhook.c.id == row.id)
    audit.record(connection, actor, "webhook.remove", name, {"community": community})


def end(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Send nothing to such receivers any more, not what waits either; returns how many there were."""
    numbers = list(connection.scalars(select(webhook.c.id).where(webhook.c.removed.is_(None), *which)))
    connection.execute(update(webhook).where(webhook.c.id.in_(numbers)).values(removed=now()))
    # Nothing waits for a receiver that is no more, or its notices would be kept for ever.
    connection.execute(
        update(delivery)
        .where(delivery.c.webhook_id.in_(numbers), delivery.c.state == "waiting")
        .values(state="given_up", error="the webhook was removed")
    )
    return len(numbers)


def try_again(connection: Connection, community: str, name: str, actor: str) -> int:
    """Let what waits or was given up be sent at once; returns how many."""
    row = named(connection, community, name)
    again = connection.execute(
        update(delivery)
        .where(delivery.c.webhook_id == row.id, delivery.c.state != "done")
        .values(state="waiting", attempts=0, next_at=now())
    )
    audit.record(connection, actor, "webhook.again", name, {"community": community, "deliveries": again.rowcount})
    return again.rowcount


def _present(community: str) -> Any:
    """The community's own; a phone is its person's, and in no list."""
    of_all = (webhook.c.removed.is_(None), webhook.c.person.is_(None))
    return select(webhook).where(webhook.c.community == community, *of_all)


def _last_error(connection: Connection, number: int) -> str | None:
    query = select(delivery.c.error).where(delivery.c.webhook_id == number, delivery.c.state != "done")
    found: str | None = connection.scalar(query.order_by(delivery.c.notice_id.desc()).limit(1))
    return found


def _check(connection: Connection, community: str, name: str, url: str, form: str, kinds: Sequence[str]) -> None:
    check_name("webhook", name)
    if form not in OF_WEBHOOKS:
        raise BadSetting(f"format {form!r} is not one of {', '.join(OF_WEBHOOKS)}")
    for kind in kinds:
        if kind not in notice_kinds():
            raise BadSetting(f"kind {kind!r} is not one of {', '.join(notice_kinds())}")
    check_url(url)
    if connection.execute(_present(community).where(webhook.c.name == name)).first() is not None:
        raise BadSetting(f"there is a webhook {name!r} in {community!r} already")


def _check_secret(secret: str) -> None:
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise BadSetting("a secret of the json format is whsec_ and base64 (Standard Webhooks)") from None
