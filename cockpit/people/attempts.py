"""Tries to sign in that failed: how long the next one waits, and what the audit trail is told of them.

A wait belongs to a name *and* where it is tried from, so that nobody can lock another out; an address that
goes through many names, and a name that is tried from many addresses, each have a wait of their own. A browser
that the user has signed in with before is counted by itself, and waits for nobody else's tries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, tuple_, update

from cockpit.people.tables import sign_in_failure, sign_in_refused
from store import audit
from store.engine import upsert
from store.instant import HOUR, MINUTE, SECOND, Instant, format_rfc3339, now
from store.retention import period_of

NOBODY = "nobody"
UNNAMED = "?"
SUMMED = 10 * MINUTE
"""The audit trail tells of the tries of a name and a source once in so long."""


@dataclass(frozen=True)
class Limit:
    """So many failures are ``free``; each further one doubles the wait, up to ``most_s``; one ``fades`` in so long."""

    free: int
    most_s: int
    fades: Instant


PAIR = Limit(free=3, most_s=300, fades=HOUR)
"""A name from an address (NIST SP 800-63B-4, section 3.2.2)."""
DEVICE = Limit(free=10, most_s=300, fades=10 * MINUTE)
"""A name from a browser that it has signed in with before."""
ADDRESS = Limit(free=30, most_s=60, fades=30 * SECOND)
"""An address, whatever the names: an office of twenty who mistype passes, a list of names does not."""
NAME = Limit(free=100, most_s=30, fades=30 * SECOND)
"""A name, whatever the addresses: one address alone, held by its own wait, never comes so far."""


@dataclass(frozen=True)
class Origin:
    """Where a try comes from: an address or a network, and the hash of a device that the user is known by."""

    source: str
    device: str | None = None


def key_of(name: str) -> str:
    """A name as it is counted; never empty, which would be the address as a whole."""
    return name.casefold()[:80] or UNNAMED


def _counted(name: str, origin: Origin) -> Iterator[tuple[str, str, Limit]]:
    key = key_of(name)
    if origin.device is not None:
        yield key, f"device:{origin.device}", DEVICE
        return
    yield key, origin.source or "?", PAIR
    yield "", origin.source or "?", ADDRESS
    yield key, "", NAME


def wait_s(connection: Connection, name: str, origin: Origin) -> int:
    """How many seconds no try will be looked at; 0: it will be at once."""
    limits = {(key, source): limit for key, source, limit in _counted(name, origin)}
    place = tuple_(sign_in_failure.c.name, sign_in_failure.c.source)
    rows = connection.execute(select(sign_in_failure).where(place.in_(list(limits))))
    return max((_wait_s(limits[row.name, row.source], row.failures, row.last) for row in rows), default=0)


def _wait_s(limit: Limit, failures: int, last: Instant) -> int:
    # A clock that was set back must not hold anybody for as long as it was.
    last = min(last, now())
    over = _faded(limit, failures, last) - limit.free
    if over < 0:
        return 0
    wait = min(2 ** min(over, 20), limit.most_s)
    return max(0, int(-(-(last + wait * SECOND - now()) // SECOND)))


def _faded(limit: Limit, failures: int, last: Instant) -> int:
    return max(0, failures - int(max(0, now() - last) // limit.fades))


def fail(connection: Connection, name: str, origin: Origin, is_known: bool) -> int:
    """Count a failure; returns how many seconds no further try will be looked at.

    ``is_known``: whether there is such a user. What is typed as a name that nobody has may be a password, so
    the trail does not repeat it.
    """
    moment, wait = now(), 0
    for key, source, limit in _counted(name, origin):
        # There first, so that of several first failures at one moment each waits for the one before, and counts.
        none_yet = {"name": key, "source": source, "failures": 0, "last": moment}
        connection.execute(upsert(connection, sign_in_failure).values(none_yet).on_conflict_do_nothing())
        mine = (sign_in_failure.c.name == key) & (sign_in_failure.c.source == source)
        row = connection.execute(select(sign_in_failure).where(mine).with_for_update()).one()
        failures = 1 + _faded(limit, row.failures, row.last)
        connection.execute(update(sign_in_failure).where(mine).values(failures=failures, last=moment))
        wait = max(wait, _wait_s(limit, failures, moment))
    connection.execute(delete(sign_in_failure).where(sign_in_failure.c.last < moment - period_of("sign_in_failure")))
    _tell(connection, key_of(name) if is_known else "", origin, moment)
    return wait


def forget(connection: Connection, name: str, origin: Origin) -> None:
    """A try went well: that name's failures from there count no more."""
    for key, source, limit in _counted(name, origin):
        if limit in (PAIR, DEVICE):
            mine = (sign_in_failure.c.name == key) & (sign_in_failure.c.source == source)
            connection.execute(delete(sign_in_failure).where(mine))


def _tell(connection: Connection, name: str, origin: Origin, moment: Instant) -> None:
    source = "known device" if origin.device else origin.source or "?"
    mine = (sign_in_refused.c.name == name) & (sign_in_refused.c.source == source)
    row = connection.execute(select(sign_in_refused).where(mine).with_for_update()).one_or_none()
    if row is not None and row.since > moment - SUMMED:
        connection.execute(update(sign_in_refused).where(mine).values(untold=row.untold + 1))
        return
    _record(connection, name, source, 1 + (row.untold if row else 0), row.since if row else moment)
    values = {"name": name, "source": source, "since": moment, "untold": 0}
    statement = upsert(connection, sign_in_refused).values(values)
    changed = {"since": moment, "untold": 0}
    connection.execute(statement.on_conflict_do_update(index_elements=["name", "source"], set_=changed))


def _record(connection: Connection, name: str, source: str, failures: int, since: Instant) -> None:
    told = {"address": source, "failures": failures, "since": format_rfc3339(since)}
    audit.record(connection, NOBODY, "session.refused", name or "(unknown names)", told)


def is_anything_untold(connection: Connection) -> bool:
    """Whether there are tries whose while is over."""
    over = sign_in_refused.c.since <= now() - SUMMED
    return connection.execute(select(sign_in_refused.c.name).where(over).limit(1)).first() is not None


def tell_rest(connection: Connection) -> None:
    """Tell the audit trail of what was summed up and is over, and forget it."""
    over = sign_in_refused.c.since <= now() - SUMMED
    for row in connection.execute(select(sign_in_refused).where(over).with_for_update()).all():
        if row.untold:
            _record(connection, row.name, row.source, row.untold, row.since)
    connection.execute(delete(sign_in_refused).where(over))
