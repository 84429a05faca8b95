"""DuckDB over the files of one folder: it reads nothing else, loads nothing, and takes no more than it is given."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from sensors.readings.archive import sums
from sensors.readings.archive.columns import NO_NAME, Columns, runs
from sensors.readings.archive.parts import Counting, Part, Unreadable, counting
from store import budgets, patience
from store.instant import Instant
from store.why import first_line

THREADS = 2
ROWS_A_BATCH = 65_536
ALWAYS: Instant = 2**62
Rows = list[tuple[Any, ...]]
Wanted = tuple[Any, Any]
"""The numbers of series, and times: arrays of equal length."""


@cache
def _opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """The one instance for a folder in this process, kept: what it knows of the files need not be read again."""
    made = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{budgets.current().history_megabytes}MiB",
            "threads": THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "temp_directory": str(folder),
        },
    )
    made.execute("SET GLOBAL parquet_metadata_cache = true")
    made.execute("SET allowed_directories = [?]", [str(folder)])
    # From here on no other file, no address, and no other setting.
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made


_opening = threading.Lock()


def _cursor(folder: Path) -> duckdb.DuckDBPyConnection:
    with _opening:
        return _opened(folder.resolve()).cursor()


@dataclass(frozen=True, slots=True)
class Counts:
    """What counts of a file: these series, or all (None); of some only what is not after a time."""

    series: tuple[int, ...] | None
    cut: tuple[tuple[int, Instant], ...] = ()

    @property
    def condition(self) -> str:
        """The same in SQL."""
        said = [f"series_id <> {number} OR tick * unit <= {last}" for number, last in self.cut]
        if self.series is not None:
            # By least and greatest whole groups of rows are passed over; a list alone does not tell DuckDB of that.
            said.append(f"series_id BETWEEN {min(self.series)} AND {max(self.series)}")
            if len(self.series) > 1:
                said.append(f"series_id IN ({', '.join(map(str, self.series))})")
        return " AND ".join(f"({one})" for one in said) or "TRUE"


def ask(
    connection: Connection,
    parts: Sequence[Part],
    query: str,
    numbers: Iterable[int] | None,
    since: Instant,
    until: Instant,
) -> Rows:
    """Ask ``archived`` (series_id, ts, value, text, quality, said): what counts of these files in [since, until].

    Raises
    ------
    Unreadable
        If a file is not there, or is not what it was.
    TooLong
        When the time of whoever asks is over.
    """
    sources = _sources(connection, parts, numbers, since, until)
    if not sources:
        return []
    each = " UNION ALL ".join(_select(files, counts, since, until) for files, counts in sources)
    try:
        with _cursor(parts[0].file.parent) as cursor, patience.ending(cursor.interrupt):
            return cursor.execute(f"WITH archived AS ({each}) {query}").fetchall()
    except duckdb.InterruptException as error:
        raise patience.TooLong from error
    except (duckdb.Error, OSError) as error:
        raise Unreadable(f"archived readings cannot be read: {first_line(error)}") from error


def which(parts: Sequence[Part], of_them: Iterable[Counting], wanted: Wanted) -> set[tuple[int, Instant]]:
    """Which of some readings, by the numbers of their series and times, are in files and count there.

    It costs what they take to find, and nothing for what lies between them.

    Parameters
    ----------
    of_them
        What counts of these files of these series (`sensors.readings.archive.parts.counting`).

    Raises
    ------
    Unreadable
        As `ask`.
    """
    numbers, times = wanted
    known, sources = {one.number: one for one in parts}, []
    for number, rows in groupby(of_them, key=lambda row: row.part_id):
        one, of_part = known[number], list(rows)
        within = times[(times >= one.month) & (times < one.until)]
        if len(within):
            sums.check(one.file)
            counts = Counts(tuple(row.series_id for row in of_part), _cut(of_part))
            sources.append(_select([one.file], counts, within.min(), within.max()))
    if not sources:
        return set()
    each = " UNION ALL ".join(sources)
    query = f"SELECT series_id, ts FROM ({each}) SEMI JOIN wanted USING (series_id, ts)"  # noqa: S608 - as below
    keys = pa.table({"series_id": pa.array(numbers, pa.int32()), "ts": pa.array(times, pa.int64())})
    try:
        with _cursor(parts[0].file.parent) as cursor:
            cursor.register("wanted", keys)
            return set(cursor.execute(query).fetchall())
    except (duckdb.Error, OSError) as error:
        raise Unreadable(f"archived readings cannot be read: {first_line(error)}") from error


def stream(folder: Path, query: str) -> Iterator[Columns]:
    """The readings that a query finds, in the order in which it finds them: runs of one series each.

    Raises
    ------
    Unreadable
        As `ask`.
    """
    try:
        with _cursor(folder) as cursor:
            for batch in cursor.sql(query).to_arrow_reader(ROWS_A_BATCH):
                yield from _runs(batch)
    except (duckdb.Error, OSError) as error:
        raise Unreadable(f"archived readings cannot be read: {first_line(error)}") from error


def _runs(batch: Any) -> Iterator[Columns]:
    numbers, ts, quality = (batch.column(name).to_numpy() for name in ("series_id", "ts", "quality"))
    names = batch.column("said").fill_null(NO_NAME).to_numpy(zero_copy_only=False)
    value, text = batch.column("value"), batch.column("text")
    is_number = value.is_valid().to_numpy(zero_copy_only=False)
    values = value.fill_null(0.0).to_numpy(zero_copy_only=False)
    texts = None if text.null_count == len(text) else text.to_pylist()
    for number, begin, end in runs(numbers):
        of_series = slice(begin, end)
        said = None if texts is None else texts[of_series]
        columns = (ts[of_series], values[of_series], is_number[of_series], said, quality[of_series], names[of_series])
        yield Columns(number, *columns)


def all_of(connection: Connection, parts: Sequence[Part]) -> str | None:
    """The query of all that counts of files, in the order of series and time; None where nothing does.

    Raises
    ------
    Unreadable
        As `ask`.
    """
    sources = _sources(connection, parts, None, 0, ALWAYS)
    each = " UNION ALL ".join(_select(files, counts, 0, ALWAYS) for files, counts in sources)
    return f"SELECT * FROM ({each}) ORDER BY series_id, ts" if each else None  # noqa: S608 - as below


def whole(file: Path) -> str:
    """The query of all that is in a file, as it stands there."""
    return _select([file], Counts(None), 0, ALWAYS)


def _select(files: Sequence[Path], counts: Counts, since: Instant, until: Instant) -> str:
    names = ", ".join("'" + str(one.resolve()).replace("'", "''") + "'" for one in files)
    return (
        "SELECT series_id, tick * unit AS ts, coalesce(whole / divisor, value) AS value, text, quality, said"  # noqa: S608 - numbers, and names of our own files
        f" FROM read_parquet([{names}], hive_partitioning = false)"
        f" WHERE tick * unit BETWEEN {int(since)} AND {int(until)} AND {counts.condition}"
    )


def _sources(
    connection: Connection, parts: Sequence[Part], numbers: Iterable[int] | None, since: Instant, until: Instant
) -> list[tuple[list[Path], Counts]]:
    """The files with what counts of each, those together of which the same does."""
    # Of all series the times are not asked: only by all rows is it seen that all of a file counts.
    span = (since, until) if numbers is not None else (0, ALWAYS)
    of_part = groupby(counting(connection, parts, numbers, *span), key=lambda row: row.part_id)
    known = {one.number: one for one in parts}
    found: dict[Counts, list[Path]] = {}
    for number, rows in of_part:
        one, series = known[number], list(rows)
        sums.check(one.file)
        cut = _cut(series)
        is_all = len(series) == one.series
        counts = Counts(None if is_all else tuple(row.series_id for row in series), cut)
        found.setdefault(counts, []).append(one.file)
    return [(files, counts) for counts, files in found.items()]


def _cut(rows: Iterable[Counting]) -> tuple[tuple[int, Instant], ...]:
    return tuple((row.series_id, row.last) for row in rows if not row.whole)
