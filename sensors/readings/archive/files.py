"""Writing a file: Parquet, in the order of series and time, each column by what makes it small.

Times and whole values stand as differences (DELTA_BINARY_PACKED); values that no power of ten makes whole, byte by byte
(BYTE_STREAM_SPLIT); what is the same for a series or nearly always, as runs. Of all of it zstd.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sensors.readings.archive.columns import NO_NAME, UNFINISHED, Columns, OfSeries, Written, unit_of, whole_by
from sensors.readings.archive.sums import sum_of
from store.durable import on_disk

ROWS_A_GROUP = 131_072
"""Of which a question that needs one series reads all: larger ones make no smaller file."""
LEVEL = 9
SCHEMA = pa.schema(
    [
        pa.field("series_id", pa.int32(), nullable=False),
        pa.field("tick", pa.int64(), nullable=False),
        pa.field("unit", pa.int32(), nullable=False),
        pa.field("whole", pa.int64()),
        pa.field("divisor", pa.int32(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("text", pa.string()),
        pa.field("quality", pa.int16(), nullable=False),
        pa.field("said", pa.int32()),
    ]
)
"""A time is tick * unit, a value whole / divisor or ``value`` itself."""
BY_DIFFERENCE = dict.fromkeys(("tick", "whole"), "DELTA_BINARY_PACKED")
AS_RUNS = ["series_id", "unit", "divisor", "text", "quality", "said"]


def write(folder: Path, name: str, columns: Iterable[Columns]) -> Written | None:
    """Write readings that come in the order of series and time; None where there are none.

    The file gets its name, which ends with a sum of its content, when it is whole and on the disk; nothing is left of
    one that could not be written.

    Raises
    ------
    OSError
        If the disk is full, or away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}{UNFINISHED}"
    try:
        series = _write(part, columns)
        if not series:
            part.unlink()
            return None
        on_disk(part)
        path = folder / f"{name}-{sum_of(part)}.parquet"
        os.replace(part, path)
        on_disk(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Written(path, path.stat().st_size, series)


def _write(part: Path, columns: Iterable[Columns]) -> dict[int, OfSeries]:
    found: dict[int, OfSeries] = {}
    waiting: list[Columns] = []
    rows = 0
    with pq.ParquetWriter(
        part,
        SCHEMA,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=AS_RUNS,
        column_encoding=BY_DIFFERENCE | {"value": "BYTE_STREAM_SPLIT"},
        write_statistics=["series_id"],
        write_page_checksum=True,
    ) as writer:
        for some in columns:
            found.setdefault(some.number, OfSeries(int(some.ts[0]))).add(some)
            waiting.append(some)
            rows += len(some)
            if rows >= ROWS_A_GROUP:
                writer.write_table(_table(waiting), row_group_size=2 * ROWS_A_GROUP)
                waiting, rows = [], 0
        if waiting:
            writer.write_table(_table(waiting), row_group_size=2 * ROWS_A_GROUP)
    return found


def _table(some: list[Columns]) -> pa.Table:
    """One group of rows: each series counted in units, and by a divisor, of its own."""
    by_series: dict[int, list[Columns]] = {}
    for one in some:
        by_series.setdefault(one.number, []).append(one)
    batches = [_batch(parts) for parts in by_series.values()]
    return pa.Table.from_batches(batches, SCHEMA).combine_chunks()


def _batch(parts: list[Columns]) -> pa.RecordBatch:
    names = ("ts", "value", "is_number", "quality", "said")
    ts, value, is_number, quality, said = (np.concatenate([getattr(one, name) for one in parts]) for name in names)
    count = len(ts)
    texts = [text for one in parts for text in one.text or [None] * len(one)] if any(p.text for p in parts) else None
    unit = unit_of(ts)
    divisor, is_exact = whole_by(value[is_number]) if is_number.any() else (1, is_number[:0])
    is_whole = np.zeros(count, bool)
    is_whole[is_number] = is_exact
    whole = pa.array(np.rint(np.where(is_whole, value * divisor, 0)).astype(np.int64), mask=~is_whole)
    plain = pa.array(value, mask=~is_number | is_whole)
    return pa.record_batch(
        [
            pa.array(np.full(count, parts[0].number, np.int32)),
            pa.array(ts // unit),
            pa.array(np.full(count, unit, np.int32)),
            whole,
            pa.array(np.full(count, divisor, np.int32)),
            plain,
            pa.nulls(count, pa.string()) if texts is None else pa.array(texts, pa.string()),
            pa.array(quality),
            pa.array(said, mask=said == NO_NAME),
        ],
        schema=SCHEMA,
    )
