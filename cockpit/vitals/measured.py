"""What the figures are now: asked when somebody looks, of the other process, the databases and the disk."""

import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from cockpit.displays import heard, kept
from cockpit.health import Probes
from cockpit.own_figures import own_figures
from cockpit.people.oidc import SingleSignOn
from cockpit.processes import begun_again
from cockpit.serving.build import build
from cockpit.settings import Settings
from cockpit.vitals import archived, sealed
from cockpit.vitals.rates import Rates
from cockpit.vitals.rules import Value
from geo.communities import communities
from layers.alarms.tables import alarm
from layers.roles import EVERYWHERE
from sensors.tables import quarantine
from sensors.unforeseen import faults
from store.databases import Databases
from store.instant import DAY, HOUR, Instant, now
from store.language import Word
from store.notices import delivery, webhook

MB = 1_000_000
SYSTEM = "system"
APART = Word("在另一进程中，这里不知", "in another process, not known here")
NO_TLS = Word("代理未用 TLS", "the broker is without TLS")
NO_PROVIDER = Word("没有接统一身份", "there is none")
NEVER = Word("还没有备份过", "never backed up")
BY_OTHERS = Word("自动备份已关（COCKPIT_BACKUP_AT=off）", "not made by itself (COCKPIT_BACKUP_AT=off)")
NO_FOLDER = Word("数据目录读不到", "the folder of data cannot be read")
TOO_SOON = Word("观察满 1 小时后才知", "known after an hour of watching")
NOT_KEPT = Word("SQLite 不记录", "SQLite keeps none")
NO_STATEMENTS = Word("未装 pg_stat_statements", "pg_stat_statements is not installed")
FIRST = Word("再看一次才知", "known at the second look")
IDLE = Word("近一分钟没有提交", "nothing was committed in the last minute")
GROWS_NOT = Word("没有增长", "it does not grow")
LATEST = 30
"""So many alarms of the last day are told."""

Figures = dict[str, tuple[Value, Word | None]]
"""``group.row`` -> what it is, and why where nobody knows."""


@dataclass
class Measured:
    """What was found at a time; by community what belongs to one, None to none that is known."""

    at: Instant
    figures: Figures
    displays: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """community -> how many, how many of them silent."""
    quarantined: Mapping[tuple[str | None, int], int] = field(default_factory=dict)
    """(community, hour since 1970) -> messages."""
    deliveries: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(community, state) -> notices."""
    alarms: list[dict[str, Any]] = field(default_factory=list)
    """The system's own of the last day, the newest first, with their ``community``."""


def is_seen(community: str | None, seen: frozenset[str]) -> bool:
    """Whether who sees these communities sees what belongs to one; None: to none that is known."""
    return community in seen if community is not None else EVERYWHERE in seen


def of_communities(found: Measured, seen: frozenset[str]) -> Figures:
    """The figures of what belongs to communities, summed over those that somebody sees."""
    screens = [counts for community, counts in found.displays.items() if community in seen]
    refused = sum(count for (community, _), count in found.quarantined.items() if is_seen(community, seen))
    notices = {
        state: sum(n for (community, of), n in found.deliveries.items() if of == state and community in seen)
        for state in ("waiting", "given_up")
    }
    return {
        "displays.count": (sum(count for count, _ in screens), None),
        "displays.silent": (sum(silent for _, silent in screens), None),
        "queues.quarantined": (refused, None),
        **{f"queues.{state}": (count, None) for state, count in notices.items()},
    }


def everywhere(found: Measured) -> Figures:
    """The same over all communities."""
    return of_communities(found, frozenset(communities()) | {EVERYWHERE})


class Measure:
    """Finds them out; keeps what only several looks tell."""

    def __init__(
        self,
        databases: Databases,
        probes: Probes,
        settings: Settings,
        browsers: Callable[[], int],
        sign_on: SingleSignOn | None = None,
    ) -> None:
        self._databases, self._probes, self._settings, self._browsers = databases, probes, settings, browsers
        self._sign_on = sign_on
        self._rates = Rates()
        self._begun = now()
        self._own = own_figures(settings, databases.shared, lambda: 0.0)

    def __call__(self) -> Measured:
        """All that can be known; a database that is away costs what it holds, and nothing else."""
        found = Measured(now(), self._of_processes() | _versions())
        try:
            own = self._own()
        except OSError:  # the folder of data is away
            own = {}
        free = own.get("system.disk_free")
        found.figures["disk.free"] = free, NO_FOLDER
        found.figures["certificate.days"] = own.get("system.certificate_days"), NO_TLS
        try:
            found.figures |= self._of_databases()
            found.figures |= sealed.figures(self._databases.all, self._settings.seal_key)
            found.figures |= archived.figures(self._databases.all, own.get("system.archive_late"))
            self._of_rows(found)
        except SQLAlchemyError:
            found.figures["database.answers"] = 0, None
        why = BY_OTHERS if self._settings.backup_at == "off" else NEVER
        age = own.get("system.backup_age")
        found.figures["backup.age"] = age, why
        found.figures["backup.failed"] = own.get("system.backup_failed"), why
        # One that is not as it should be when it is opened leaves nothing of itself.
        found.figures["backup.verified"] = 1 if age is not None else None, why
        return found

    def _of_processes(self) -> Figures:
        told, at = self._probes.told(), now()
        own = sum(fault.count for fault in faults())
        figures: Figures = {
            "queues.browsers": (self._browsers(), None),
            "processes.showing": ((at - self._begun) / HOUR, None),
            "processes.again": (begun_again() + (told.again if told is not None else 0), None),
            "sign_in.provider": (None if self._sign_on is None else float(self._sign_on.fault is None), NO_PROVIDER),
            "ingest.unforeseen": (own + sum(fault.count for fault in told.faults) if told is not None else own, None),
        }
        if self._probes.broker is not None:
            is_connected = self._probes.broker() and (told is None or told.is_connected)
            figures["broker.connected"] = float(is_connected), None
        if told is None:
            unknown = ("broker.clients", "broker.rate", "ingest.lag", "ingest.commit", "processes.taking")
            return figures | dict.fromkeys(unknown, (None, APART))
        self._rates.look(told.figures)
        return figures | {
            "broker.clients": (told.devices, APART),
            "broker.rate": (self._rates.messages_a_second(), FIRST),
            "ingest.lag": (told.lag_s, None),
            "ingest.commit": (self._rates.commit_ms(), IDLE),
            "processes.taking": ((at - told.since) / HOUR, None),
        }

    def _of_databases(self) -> Figures:
        size = sum(_size(engine) for engine in self._databases.all) / MB
        growth = self._rates.growth_a_day(size)
        slowest, why = _slowest(self._databases.shared)
        return {
            "database.answers": (1, None),
            "database.size": (size, None),
            "database.growth": (growth, TOO_SOON),
            "database.slowest": (slowest, why),
            "disk.days_left": _days_left(self._settings.data_dir, growth),
            "versions.database": (_version(self._databases.shared), None),
        }

    def _of_rows(self, found: Measured) -> None:
        with self._databases.shared.connect() as connection:
            found.displays = _displays(connection, found.at)
        quarantined, deliveries = Counter[tuple[str | None, int]](), Counter[tuple[str, str]]()
        for engine in self._databases.all:
            with engine.connect() as connection:
                quarantined.update(_quarantined(connection, found.at))
                deliveries.update(_deliveries(connection))
                found.alarms += _alarms(connection, found.at)
        found.quarantined, found.deliveries = quarantined, deliveries
        found.alarms.sort(key=lambda one: -one["raised"])


def _size(engine: Engine) -> int:
    """Of a database with its log, in bytes."""
    if engine.dialect.name == "sqlite":
        database = Path(str(engine.url.database))
        parts = (database, database.with_name(f"{database.name}-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def _slowest(engine: Engine) -> tuple[float | None, Word]:
    """The greatest mean time of a statement in ms, where the server keeps such."""
    if engine.dialect.name == "sqlite":
        return None, NOT_KEPT
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")):
            return None, NO_STATEMENTS
        try:
            slowest = connection.scalar(text("SELECT max(mean_exec_time) FROM pg_stat_statements WHERE calls > 10"))
        except SQLAlchemyError:  # it is there, and the server was not told to load it
            return None, NO_STATEMENTS
        return float(slowest or 0), NO_STATEMENTS


def _days_left(folder: Path, growth: float | None) -> tuple[float | None, Word]:
    if growth is None:
        return None, TOO_SOON
    if growth <= 0:
        return None, GROWS_NOT
    try:
        return shutil.disk_usage(folder).free / MB / growth, GROWS_NOT
    except OSError:
        return None, NO_FOLDER


def _displays(connection: Connection, at: Instant) -> dict[str, tuple[int, int]]:
    said = heard.newest(connection, at)
    found: dict[str, tuple[int, int]] = {}
    for one in kept.told(connection, list(communities())):
        count, silent = found.get(one.community, (0, 0))
        is_silent = one.number in said and said[one.number]["silent"]
        found[one.community] = count + 1, silent + is_silent
    return found


def _quarantined(connection: Connection, at: Instant) -> dict[tuple[str | None, int], int]:
    c = quarantine.c
    hour = (c.received - c.received % HOUR).label("hour")
    query = select(c.community, hour, func.count()).where(c.received > at - DAY).group_by(c.community, hour)
    return {(community, int(began) // HOUR): count for community, began, count in connection.execute(query)}


def _deliveries(connection: Connection) -> dict[tuple[str, str], int]:
    d, w = delivery.c, webhook.c
    query = select(w.community, d.state, func.count()).join(webhook, w.id == d.webhook_id)
    query = query.where(d.state.in_(("waiting", "given_up")), w.removed.is_(None)).group_by(w.community, d.state)
    return {(community, state): count for community, state, count in connection.execute(query)}


def _alarms(connection: Connection, at: Instant) -> list[dict[str, Any]]:
    c = alarm.c
    columns = (c.community, c.rule, c.name, c.name_en, c.priority, c.raised, c.returned, c.is_active)
    of_late = (c.raised > at - DAY) | c.is_active
    query = select(*columns).where(c.kind == SYSTEM, of_late).order_by(c.raised.desc()).limit(LATEST)
    return [dict(row) for row in connection.execute(query).mappings()]


def _version(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with engine.connect() as connection:
        return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"


def _versions() -> Figures:
    python = ".".join(str(part) for part in sys.version_info[:3])
    named = {"own": version("cim-cockpit"), "python": python, "assets": build().partition(".")[0]}
    return {f"versions.{code}": (value, None) for code, value in named.items()}
