"""What a layer tells in reports: sections, described in its ``sections.toml``, filled by its ``sections.py``.

The description holds every word, unit and number of digits, and says which table a chart shows; the code only counts.
What is told is plain data, the same whatever language it is set in, so that it can be kept and set again.
"""

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from layers.roles import EVERYBODY
from store.instant import DAY, SHANGHAI_OFFSET, Instant, day_of, format_rfc3339
from store.language import Word
from store.seal import Seal

NOT_CONFIGURED = Word("未配置", "Not configured")
NO_DATA = Word("无数据", "No data")
FEW = Word("少于 5", "Fewer than 5")
"""In place of a total that could name somebody, or by which such a one could be found."""

Cell: TypeAlias = Word | str | float | int | bool | None
"""A value: a number in the unit that is described, a text, or a word in every language. None is drawn as a dash."""
Row: TypeAlias = dict[str, Cell]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a section is to tell: of a community, in [since, until), as it was known at a moment.

    ``until`` is never later than ``known_at``: of a period that is not over, the part until then.
    """

    community: str
    since: Instant
    until: Instant
    known_at: Instant
    seal: Seal
    role: str = EVERYBODY
    """The least that may have the report."""

    @property
    def days(self) -> list[Instant]:
        """The first instants of its days in Asia/Shanghai, those that have begun."""
        return list(range(day_of(self.since), self.until, DAY))

    @property
    def dates(self) -> tuple[str, str]:
        """Its first and its last day."""
        return date_text(self.since), date_text(max(self.since, self.until - 1))


class Told(msgspec.Struct, kw_only=True):
    """What a section tells: figures by code, tables by code, notes that stand below its heading."""

    figures: dict[str, Cell] = {}
    tables: dict[str, list[Row]] = {}
    notes: list[Word] = []


class Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has a name in both languages."""

    name: str
    name_en: str


class Figure(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure or a column: ``kind`` says how it is written, ``unit`` what it counts, ``digits`` those after the point.

    A ``plain`` number has the digits that it was told with. A ``share`` is told as a part of one and written in per
    cent. Of ``money`` what is told are fen, written in yuan.
    """

    kind: Literal["number", "plain", "share", "money", "text", "day", "moment", "mark"] = "number"
    unit: str = ""
    unit_en: str | None = None
    digits: int = 0


class Table(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table with its columns; one ``sheet_only`` stands in the workbook, and not on paper."""

    columns: dict[str, Figure]
    sheet_only: bool = False


class Chart(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drawing of a table: columns side by side, stacked, or bars, of ``series`` over ``of``.

    ``split``: a column by whose values the rows are parted, a drawing for each. ``limit``: a column that is drawn as a
    broken line, the most that is allowed.
    """

    form: Literal["columns", "stacked", "bars", "lines"]
    table: str
    of: str
    series: tuple[str, ...]
    split: str | None = None
    limit: str | None = None


class Section(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section as it is described; ``source`` says where its figures come from."""

    order: int
    source: str
    source_en: str
    figures: dict[str, Figure] = {}
    tables: dict[str, Table] = {}
    charts: dict[str, Chart] = {}


Tell = Callable[[Connection, Asked], Told]
"""(connection that reads, what is asked) -> what a section tells."""


class Part(msgspec.Struct, frozen=True):
    """A section with what fills it."""

    described: Section
    tell: Tell


def parts_of(package: str, tells: Mapping[str, Tell]) -> dict[str, Part]:
    """The sections of a package's ``sections.toml``, each with its function.

    Raises
    ------
    msgspec.ValidationError
        If the file says what no section can, or describes other sections than there are functions.
    """
    rows = tomllib.loads((files(package) / "sections.toml").read_text(encoding="utf-8"))
    known = msgspec.convert(rows, dict[str, Section])
    if known.keys() != tells.keys():
        raise msgspec.ValidationError(f"{package}: sections.toml and sections.py tell of different sections")
    for code, section in known.items():
        _check(f"{package}: {code}", section)
    return {code: Part(section, tells[code]) for code, section in known.items()}


def _check(where: str, section: Section) -> None:
    for code, chart in section.charts.items():
        columns = section.tables[chart.table].columns if chart.table in section.tables else {}
        named = {chart.of, *chart.series, *filter(None, (chart.split, chart.limit))}
        if not named <= columns.keys():
            raise msgspec.ValidationError(f"{where}: chart {code} draws columns that its table has not")


def date_text(instant: Instant) -> str:
    """``2026-10-01``: the day in Asia/Shanghai."""
    return format_rfc3339((instant + SHANGHAI_OFFSET) // DAY * DAY)[:10]


def word(row: object, what: str = "name") -> Word:
    """The word of a table's row, a mapping or an object with ``name`` and ``name_en``, in every language."""
    name, name_en = (_of(row, key) for key in (what, f"{what}_en"))
    return Word(name, name_en or name)


def _of(row: object, what: str) -> str:
    found = row.get(what) if isinstance(row, Mapping) else getattr(row, what, None)
    return str(found or "")
