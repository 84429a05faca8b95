"""What can be counted of visitors: those who entered a site, by the sums of days that the gates' steps make."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from geo.ground import place
from layers.sources import Counted, Formula, Rows, Source, Span, address, at_of
from layers.visitors import passed
from layers.visitors.tables import site_day
from sensors.devices import registry
from store.demonstration import INVENTED
from store.instant import Instant, day_of, format_rfc3339, local_date, now
from store.language import say


class VisitsFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of which site those who entered count."""

    site: str


def fault(community: str, formula: VisitsFormula) -> str | None:
    """Why this cannot be counted; None where it can."""
    known = place(community, "sites", formula.site)
    return None if known else say("本社区没有场所「{site}」", site=formula.site)


def count(
    connection: Connection, community: str, formula: VisitsFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """How many entered in each span; None is today. Nothing where no gate has ever counted for the site."""
    until = now() if at is None else at
    c = site_day.c
    mine = (c.community == community, c.site == formula.site)
    if connection.scalar(select(func.min(c.day)).where(*mine, c.day <= until)) is None:
        return [Counted(value=None) for _ in spans]
    today = Span(day_of(until), until)
    entered = (_entered(connection, community, formula.site, span or today, at) for span in spans)
    gates = registry.read_all(connection, community, kind="gate")
    said = {gate.source for gate in gates if gate.site == formula.site}
    is_replayed, is_invented = bool(said - {None, INVENTED}), INVENTED in said
    return [Counted(value=value, as_of=until, is_replayed=is_replayed, is_invented=is_invented) for value in entered]


def _entered(connection: Connection, community: str, site: str, span: Span, at: Instant | None) -> float:
    c = site_day.c
    query = select(func.sum(c.entered)).where(c.community == community, c.site == site, c.day >= day_of(span.since))
    if at is None or at >= span.until:
        return float(connection.scalar(query.where(c.day < span.until)) or 0)
    whole = connection.scalar(query.where(c.day < day_of(at))) or 0
    today = passed.hours(connection, community, [site], max(day_of(at), span.since), at, at) if at >= span.since else {}
    return float(whole) + sum(people.entered for people in today.values())


def days(connection: Connection, community: str, site: str, span: Span, at: Instant | None) -> list[dict[str, Any]]:
    """Those who entered and left on each day of a span on which somebody was counted, oldest first."""
    c, until = site_day.c, span.until if at is None else min(span.until, day_of(at))
    query = (
        select(c.day, c.entered, c.left)
        .where(c.community == community, c.site == site, c.day >= day_of(span.since), c.day < until)
        .order_by(c.day)
    )
    found = [_day(row.day, row.entered, row.left) for row in connection.execute(query)]
    if at is not None and span.since <= at < span.until:
        today = passed.hours(connection, community, [site], max(day_of(at), span.since), at, at).values()
        found.append(_day(day_of(at), sum(one.entered for one in today), sum(one.left for one in today)))
    return found


def _day(day: Instant, entered: float, left: float) -> dict[str, Any]:
    return {"day": local_date(day).isoformat(), "entered": round(entered), "left": round(left)}


def rows(community: str, formula: VisitsFormula, span: Span | None, at: Instant | None) -> Rows:
    """The days that make the figure."""
    when = at_of(at)
    shown = span or Span(day_of(at or now()), (at or now()) + 1)
    asked = [
        ("site", formula.site),
        ("from", format_rfc3339(shown.since)),
        ("to", format_rfc3339(shown.until)),
        when,
    ]
    return Rows(
        api=address(f"/api/v1/{community}/visitors/days", asked),
        page=address("/visitors", [("community", community), when]),
    )


SOURCE = Source(name="客流闸机", name_en="Gates", formula=VisitsFormula, fault=fault, count=count, rows=rows)
