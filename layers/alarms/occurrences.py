"""Occurrences of alarms: raised, returned, suppressed; each with its steps, many in few statements.

Whoever writes here holds the row of the revision "alarms" first (`lock`): one after the other, so that an alarm is
raised once, however many ingesters and people there are.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from geo import whereabouts
from layers.alarms import life
from layers.alarms.rulebook import Book
from layers.alarms.rules import Rule
from layers.alarms.tables import alarm, alarm_step
from store import revision
from store.bulk import is_one_of
from store.engine import KEYS_A_QUERY
from store.instant import MINUTE, SHANGHAI, Instant, to_datetime
from store.language import Word, in_all

REVISION = "alarms"
TOLD = "alarms.told"
"""Raised where an alarm or a flood changed, not with each timer: of two who tell the screens the later is believed."""
BY_RULE = "rule"
"""Who raises and returns, as the steps say it."""
QUIET_FOR: Instant = 5 * MINUTE
"""Raised again within so long after it returned, and heard by nobody yet, an alarm is not told once more."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

CHANGES = (
    *("state", "value", "threshold", "said", "said_en", "returned", "acknowledged", "acknowledged_by", "cleared"),
    *("is_active", "shelved_until", "reason", "suppressed_by", "sounds_since", "repeats", "seq"),
)
"""What of an occurrence changes in its life."""
UPDATED = (
    update(alarm).where(alarm.c.id == bindparam("which")).values({name: bindparam(f"new_{name}") for name in CHANGES})
)

Key = tuple[str, str, str]
"""(community, rule, subject)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alarm is about, and where it is."""

    community: str
    kind: str
    id: str
    name: str = ""
    device: str | None = None
    area: str | None = None
    site: str | None = None
    lon: float | None = None
    lat: float | None = None
    room: str | None = None
    gateway: str | None = None
    # Whether it is a gateway: devices are registered behind it.
    leads: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurred:
    """A rule's condition began or ceased to hold for a subject."""

    rule: Rule
    subject: Subject
    is_raised: bool
    at: Instant
    value: float | None
    threshold: float | None = None
    words: Word | None = None
    behind: tuple[str, ...] = ()
    """Of a gateway, the devices behind it."""

    @property
    def key(self) -> Key:
        """Of the one occurrence that may be open."""
        return self.subject.community, self.rule.code, self.subject.id


@dataclass(slots=True)
class Written:
    """What was written: ``raised`` are rows that began to sound, ``touched`` the ids of all that changed."""

    raised: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[str, set[str]] = field(default_factory=dict)

    def join(self, other: "Written") -> None:
        """Add what was written besides."""
        self.raised += other.raised
        for community, ids in other.touched.items():
            self.touched.setdefault(community, set()).update(ids)

    def touch(self, row: dict[str, Any]) -> None:
        """Note that a row changed."""
        self.touched.setdefault(row["community"], set()).add(row["id"])


def lock(connection: Connection) -> int:
    """Be the only one who writes alarms until the end of the transaction; returns the revision of what is written."""
    revision.bump(connection, REVISION)
    return revision.current(connection, REVISION)


def apply(connection: Connection, occurred: Sequence[Occurred], books: Mapping[str, Book], at: Instant) -> Written:
    """Write what occurred, in the order of time; after `lock`. ``books`` are the rules of each community."""
    desk = Desk(connection, at)
    ways = {community: _ways(books[community]) for community in {one.subject.community for one in occurred}}
    each = [(one, suppressing(one, ways[one.subject.community])) for one in occurred]
    desk.load_keys({key for one, by in each for key in (one.key, *by, *suppressed(one))})
    # At the same time what suppresses is raised first, and returns last.
    for one, by in sorted(each, key=lambda pair: (pair[0].at, bool(pair[1]) == pair[0].is_raised)):
        if one.is_raised:
            desk.raise_(one, by)
        else:
            desk.return_(one)
    desk.save()
    return desk.written


Ways = tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]
"""Rule -> those that suppress it, for the same subject, and for what stands behind theirs."""


def _ways(book: Book) -> Ways:
    same: dict[str, list[str]] = {}
    behind: dict[str, list[str]] = {}
    for rule in book.values():
        for code in rule.suppresses:
            same.setdefault(code, []).append(rule.code)
        for code in rule.suppresses_behind:
            behind.setdefault(code, []).append(rule.code)
    return same, behind


def suppressing(one: Occurred, ways: Ways) -> list[Key]:
    """The occurrences by which this one would be suppressed by design."""
    subject, code = one.subject, one.rule.code
    same, behind = ways
    found = [(subject.community, rule, subject.id) for rule in same.get(code, ())]
    if subject.gateway is not None:
        found += [(subject.community, rule, subject.gateway) for rule in behind.get(code, ())]
    return found


def suppressed(one: Occurred) -> list[Key]:
    """The occurrences that this one suppresses."""
    community, rule = one.subject.community, one.rule
    found = [(community, code, one.subject.id) for code in rule.suppresses]
    return found + [(community, code, device) for code in rule.suppresses_behind for device in one.behind]


class Desk:
    """Open occurrences in hand: read together, changed one by one in memory, written together."""

    def __init__(self, connection: Connection, at: Instant) -> None:
        self._connection = connection
        self._at = at
        self._rows: dict[Key, dict[str, Any]] = {}
        self._by_id: dict[str, dict[str, Any]] = {}
        self._new: list[dict[str, Any]] = []
        self._changed: dict[str, dict[str, Any]] = {}
        self._steps: list[dict[str, Any]] = []
        # Of these it was read what they suppress; by the one that suppresses them.
        self._asked: set[str] = set()
        self._suppressed: dict[str, list[dict[str, Any]]] = {}
        self.written = Written()

    def of(self, key: Key) -> dict[str, Any] | None:
        """The open occurrence of a key that was read."""
        return self._rows.get(key)

    def load_keys(self, keys: Collection[Key]) -> None:
        """Read the open occurrences of these."""
        listed, columns = sorted(keys), (alarm.c.community, alarm.c.rule, alarm.c.subject)
        for first in range(0, len(listed), KEYS_A_QUERY):
            self._load(is_one_of(self._connection, columns, listed[first : first + KEYS_A_QUERY]))
        self._load_suppressed([row["id"] for key in listed if (row := self._rows.get(key)) is not None])

    def load_ids(self, community: str, ids: Collection[str]) -> list[dict[str, Any]]:
        """Read open occurrences by id; those that are over are left out."""
        listed = sorted(ids)
        for first in range(0, len(listed), KEYS_A_QUERY):
            chunk = listed[first : first + KEYS_A_QUERY]
            self._load(alarm.c.id.in_(chunk) & (alarm.c.community == community))
        return [self._by_id[one] for one in listed if one in self._by_id]

    def load_where(self, condition: Any) -> list[dict[str, Any]]:
        """Read the open occurrences for which this holds, but for those in hand."""
        before = set(self._by_id)
        self._load(condition)
        return [row for number, row in self._by_id.items() if number not in before]

    def _load(self, condition: Any) -> None:
        for found in self._connection.execute(select(alarm).where(alarm.c.cleared.is_(None), condition)):
            if found.id not in self._by_id:
                row = dict(found._mapping)
                self._by_id[row["id"]] = self._rows[row["community"], row["rule"], row["subject"]] = row
                if row["suppressed_by"] is not None:
                    self._suppressed.setdefault(row["suppressed_by"], []).append(row)

    def _load_suppressed(self, ids: Sequence[str]) -> None:
        """Read what these suppress, each asked for once."""
        new = [one for one in ids if one not in self._asked]
        self._asked.update(new)
        for first in range(0, len(new), KEYS_A_QUERY):
            self._load(alarm.c.suppressed_by.in_(new[first : first + KEYS_A_QUERY]))

    def raise_(self, one: Occurred, by: Iterable[Key]) -> None:
        """The condition holds: a new occurrence, or the open one once more; ``by`` are those that suppress it."""
        row = self._rows.get(one.key)
        if row is None:
            row = self._begin(one)
        else:
            row["repeats"] += 1
        # Who was told, and hears it come and go, is not called each time.
        was_heard = row["state"] == "returned" and one.at - (row["returned"] or one.at) < QUIET_FOR
        row |= {"is_active": True, "value": one.value, "threshold": one.threshold, "returned": None}
        row |= in_all("said", one.words)
        self.step(row, "raise", one.at, BY_RULE, value=one.value)
        for key in by:
            self._suppress(key, row, one.at)
        if row["state"] == "unacknowledged" and not was_heard:
            self.written.raised.append(row)
        for key in suppressed(one):
            other = self._rows.get(key)
            if other is not None:
                self._suppress(one.key, other, one.at)

    def _suppress(self, by: Key, row: dict[str, Any], at: Instant) -> None:
        other = self._rows.get(by)
        if other is None or other is row or not other["is_active"] or other["suppressed_by"] == row["id"]:
            return
        if self.step(row, "suppress", at, f"{BY_RULE}:{other['rule']}"):
            row["suppressed_by"] = other["id"]
            self._suppressed.setdefault(other["id"], []).append(row)

    def return_(self, one: Occurred) -> None:
        """The condition holds no more."""
        row = self._rows.get(one.key)
        if row is None or not row["is_active"]:
            return
        row |= {"is_active": False, "returned": one.at}
        self.step(row, "return", one.at, BY_RULE, value=one.value)
        self.release(row, one.at)

    def release(self, row: dict[str, Any], at: Instant) -> None:
        """What an occurrence suppressed is suppressed no more."""
        for other in self.load_suppressed(row):
            other["suppressed_by"] = None
            self.step(other, "unsuppress", at, f"{BY_RULE}:{row['rule']}")
            if other["state"] == "unacknowledged":
                self.written.raised.append(other)

    def load_suppressed(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The open occurrences that another one suppresses."""
        self._load_suppressed([row["id"]])
        some = self._suppressed.pop(row["id"], [])
        return [one for one in some if one["suppressed_by"] == row["id"] and one["cleared"] is None]

    def step(
        self,
        row: dict[str, Any],
        event: str,
        at: Instant,
        actor: str,
        note: str = "",
        value: float | None = None,
        until: Instant | None = None,
    ) -> bool:
        """Take an occurrence a step on; returns whether the table of states has it."""
        state = life.after(event, row["state"], is_active=row["is_active"], is_latched=row["is_latched"])
        if state is None:
            return False
        row["seq"] += 1
        row["state"] = state
        if state not in life.sounding():
            row["sounds_since"] = None
        elif row["sounds_since"] is None:
            row["sounds_since"] = self._at
        if state == life.NORMAL:
            row["cleared"] = self._at
            self._rows.pop((row["community"], row["rule"], row["subject"]), None)
        self._changed[row["id"]] = row
        self.written.touch(row)
        values = (row["id"], row["seq"], event, state, at, actor, note, value, until)
        names = ("alarm_id", "seq", "event", "state", "at", "actor", "note", "value", "until")
        self._steps.append(dict(zip(names, values, strict=True)))
        return True

    def _begin(self, one: Occurred) -> dict[str, Any]:
        subject, rule = one.subject, one.rule
        row: dict[str, Any] = dict.fromkeys(column.name for column in alarm.columns)
        row |= {name: getattr(subject, name) for name in ("community", "kind", "device", "area", "site", "lon", "lat")}
        row |= {"id": _new_id(self._at), "rule": rule.code, "subject": subject.id, "source": subject.source}
        row["label"] = subject.name or subject.id
        if subject.kind == "device":
            row["spot"] = whereabouts.spot(
                subject.community, subject.lon, subject.lat, room=subject.room, site=subject.site, area=subject.area
            )
        row |= {"name": rule.name, "name_en": rule.name_en or rule.name, "priority": rule.priority}
        row |= {"state": life.NORMAL, "cause": cause_of(rule, subject), "metric": rule.metric, "raised": one.at}
        row |= {"received": self._at, "is_active": True, "is_latched": rule.latched, "repeats": 0, "seq": 0}
        self._rows[one.key] = self._by_id[row["id"]] = row
        self._new.append(row)
        self._asked.add(row["id"])
        return row

    def save(self) -> None:
        """Write all of it."""
        if self._new or self._changed:
            revision.bump(self._connection, TOLD)
        if self._new:
            self._connection.execute(insert(alarm), self._new)
        fresh = {row["id"] for row in self._new}
        changed = [
            {f"new_{name}": row[name] for name in CHANGES} | {"which": number}
            for number, row in sorted(self._changed.items())
            if number not in fresh
        ]
        if changed:
            self._connection.execute(UPDATED, changed)
        if self._steps:
            self._connection.execute(insert(alarm_step), self._steps)


def cause_of(rule: Rule, subject: Subject) -> str:
    """What alarms of one cause have in common: they stand in one line of the list."""
    gateway = subject.id if subject.leads else subject.gateway
    match rule.cause:
        case "gateway_or_area" if gateway is not None:
            return f"gateway:{gateway}"
        case "gateway":
            return f"gateway:{gateway or subject.id}"
        case "area" | "gateway_or_area":
            return f"{rule.code}:{subject.area or subject.id}"
        case "site":
            return f"site:{subject.site or subject.id}"
        case "rule":
            return rule.code
    return f"{subject.kind}:{subject.id}"


def _new_id(received: Instant) -> str:
    day = to_datetime(received).astimezone(SHANGHAI).strftime("%Y%m%d")
    return f"a{day}-{''.join(secrets.choice(ALPHABET) for _ in range(10))}"
