"""Values that somebody enters, with where they are from and of which day: the newest of a period is its figure."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select

from layers.indicators.tables import indicator_value
from layers.sources import Counted, Formula, Rows, Source, Span, address, at_of
from store.demonstration import is_invented
from store.instant import Instant, now


class EnteredFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value that is entered for an indicator, by its code."""

    code: str = ""


def entries(
    connection: Connection, community: str, code: str, at: Instant | None = None, limit: int | None = None
) -> list[Row]:  # type: ignore[type-arg]
    """Everything that was entered for an indicator, newest first; until a time."""
    c = indicator_value.c
    query = select(indicator_value).where(c.community == community, c.code == code)
    if at is not None:
        query = query.where(c.at <= at)
    return list(connection.execute(query.order_by(c.id.desc()).limit(limit)))


def standing(found: Sequence[Row]) -> list[Row]:  # type: ignore[type-arg]
    """Of each day the entry that counts, oldest day first; a day of which it was taken back is left out."""
    of_day: dict[Instant, Row] = {}  # type: ignore[type-arg]
    for row in found:
        of_day.setdefault(row.day, row)
    return [row for _, row in sorted(of_day.items()) if row.value is not None]


def count(
    connection: Connection, community: str, formula: EnteredFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """The newest value of each span; where a figure has no period, the newest of all."""
    until = now() if at is None else at
    known = [row for row in standing(entries(connection, community, formula.code, at)) if row.day <= until]
    counted = []
    for span in spans:
        of = [row for row in known if span is None or span.since <= row.day < span.until]
        counted.append(_counted(of[-1]) if of else Counted(value=None))
    return counted


def _counted(row: Row) -> Counted:  # type: ignore[type-arg]
    return Counted(value=row.value, as_of=row.day, is_invented=is_invented(row.actor))


def rows(community: str, formula: EnteredFormula, _span: Span | None, at: Instant | None) -> Rows:
    """What was entered."""
    when = at_of(at)
    return Rows(
        api=address(f"/api/v1/{community}/indicators/{formula.code}", [when]),
        page=address("/indicators", [("community", community), ("indicator", formula.code), when]),
    )


SOURCE = Source(
    name="录入",
    name_en="Entered",
    formula=EnteredFormula,
    fault=lambda _community, _formula: None,
    count=count,
    rows=rows,
)
