"""Monthly partitions of a table on PostgreSQL; SQLite has none and needs none.

A partition of a month in UTC is made when its first row comes. Old ones are dropped whole, which
takes no time, however many rows they hold.
"""

import threading
from collections.abc import Collection
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.exc import OperationalError

from store.instant import Instant, from_datetime, to_datetime
from store.why import first_line

log = structlog.get_logger(__name__)

# Any number that no other program on the same server is likely to take.
LOCK = 0x43494D02

PATIENCE_MS = 1_000

PARTITIONED = "p"
"""The kind of such a table in PostgreSQL's catalogue (pg_class.relkind)."""

Month = tuple[int, int]


class Partitions:
    """The months of a table that are known to be there."""

    def __init__(self, engine: Engine, table: Table) -> None:
        self._engine = engine
        self._table = table.name
        self._known: set[Month] = set()
        self._partitioned: bool | None = None
        self._lock = threading.Lock()

    @property
    def is_partitioned(self) -> bool:
        """Whether the database itself partitions the table: not SQLite, nor an extension that took it over."""
        if self._partitioned is None:
            self._partitioned = self._engine.dialect.name == "postgresql" and self._kind() == PARTITIONED
        return self._partitioned

    def _kind(self) -> str | None:
        with self._engine.connect() as connection:
            query = text("SELECT relkind::text FROM pg_class WHERE oid = to_regclass(:name)")
            kind: str | None = connection.scalar(query, {"name": self._table})
            return kind

    def ensure(self, instants: Collection[Instant]) -> None:
        """Make the partitions that rows of these times need, in a transaction of its own."""
        if not instants or not self.is_partitioned:
            return
        months = {month_of(min(instants)), month_of(max(instants))}
        if len(months) > 1:
            months = {month_of(instant) for instant in instants}
        with self._lock:
            missing = months - self._known
            if not missing:
                return
            with self._engine.begin() as connection:
                # Two that make the same table at once would both find it missing.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                for month in sorted(missing):
                    self._make(connection, month)
            self._known |= missing

    def _make(self, connection: Connection, month: Month) -> None:
        name, (first, last) = self.name_of(month), bounds(month)
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
            # Made apart and then attached: made as a partition it would wait for whoever reads the table, a backup
            # perhaps, and everybody else for it.
            connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {self._table} INCLUDING ALL)")
            connection.exec_driver_sql(
                f"ALTER TABLE {self._table} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({last})"
            )

    def forget(self) -> bool:
        """Know nothing, since another process may have dropped a month; returns whether anything was known."""
        with self._lock:
            knew = bool(self._known)
            self._known.clear()
        return knew

    def drop_before(self, instant: Instant) -> list[str]:
        """Drop the partitions that lie wholly before a time; returns their names.

        To drop one, nobody may read the table, and who comes after waits behind us. Where somebody reads it for longer,
        a backup perhaps, we give way: what was not dropped is there the next time.
        """
        if not self.is_partitioned:
            return []
        with self._engine.connect() as connection:
            found = connection.execute(
                text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:parent AS regclass)"),
                {"parent": self._table},
            )
            old = sorted(name for (name,) in found if self._end(name) <= instant)
        dropped = [name for name in old if self._drop(name)]
        self.forget()
        return dropped

    def _drop(self, name: str) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
                connection.exec_driver_sql(f"DROP TABLE {name}")
        except OperationalError as error:
            log.warning("partition_in_use", name=name, error=first_line(error))
            return False
        return True

    def name_of(self, month: Month) -> str:
        """The name of a month's partition."""
        return f"{self._table}_y{month[0]:04d}m{month[1]:02d}"

    def _end(self, name: str) -> Instant:
        year, _, month = name.rpartition("_y")[2].partition("m")
        return bounds((int(year), int(month)))[1]


def month_of(instant: Instant) -> Month:
    """The month of an instant, UTC."""
    moment = to_datetime(instant)
    return moment.year, moment.month


def bounds(month: Month) -> tuple[Instant, Instant]:
    """The first instant of a month, and that of the next."""
    year, number = month
    following = (year + number // 12, number % 12 + 1)
    first, last = (from_datetime(datetime(y, m, 1, tzinfo=UTC)) for y, m in (month, following))
    return first, last
