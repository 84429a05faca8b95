"""What reports tell of the grid events: how the period's were handled, by category and area, and what is late."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from geo.ground import places
from layers.grid_events import queries
from layers.grid_events.figures import STAGE_NAMES, Period, figures
from layers.grid_events.rules import categories
from layers.grid_events.tables import grid_event
from layers.sections import NO_DATA, Asked, Cell, Part, Row, Told, date_text, parts_of, word
from store.language import Word, say, spoken

FEWEST_TO_COMPARE = 3
"""Groups with fewer closed events are neither best nor worst: one event more would turn them over."""
NOWHERE = Word("片区外", "Outside all areas")


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"grid_events": grid_events})


def grid_events(connection: Connection, asked: Asked) -> Told:
    """The figures of the events that were reported in the period, as ``GET /events/figures`` tells them for it."""
    period = Period(asked.since, asked.until)
    by_category = figures(connection, asked.community, period, "category")
    by_area = figures(connection, asked.community, period, "area")
    total = by_area["total"]
    tally = queries.tally(connection, asked.community, asked.until - 1)
    kinds, areas = categories(), {one.code: one for one in places(asked.community, "areas")}
    categories_told = [_group(one, word(kinds[one["code"]])) for one in by_category["groups"] if one["code"] in kinds]
    areas_told = [
        _group(one, word(areas[one["code"]]) if one["code"] in areas else NOWHERE) for one in by_area["groups"]
    ]
    told: dict[str, Cell] = {
        **{code: total["counts"][code] for code in ("reported", "filed", "handled", "closed")},
        **{code: _rate(total["rates"][code]) for code in ("handling_rate", "on_time_handling_rate", "closing_rate")},
        "on_time_closing_rate": _rate(total["rates"]["on_time_closing_rate"]),
        "satisfaction": NO_DATA if total["satisfaction"] is None else total["satisfaction"],
        "backlog": total["backlog"],
        "open": tally["open"],
        "overdue": tally["overdue"],
    }
    return Told(
        figures=told | _best_and_worst("area", areas_told) | _best_and_worst("category", categories_told),
        tables={
            "categories": sorted(categories_told, key=_most_first),
            "areas": sorted(areas_told, key=_most_first),
            "stages": [_stage(code, total["hours"][code]) for code in STAGE_NAMES],
            "days": _days(connection, asked),
        },
    )


def _rate(value: float | None) -> Cell:
    return NO_DATA if value is None else value


def _group(one: dict[str, Any], name: Word) -> Row:
    rates, counts = one["rates"], one["counts"]
    return {
        "name": name,
        **{code: counts[code] for code in ("reported", "filed", "handled", "closed", "sent_back")},
        "on_time_handling_rate": rates["on_time_handling_rate"],
        "on_time_closing_rate": rates["on_time_closing_rate"],
        "backlog": one["backlog"],
    }


def _most_first(row: Row) -> tuple[int, str]:
    return -int(str(row["reported"])), str(row["name"])


def _best_and_worst(what: str, rows: Sequence[Row]) -> dict[str, Cell]:
    """The groups of which most, and least, was closed on time; nothing where there are not two to compare."""
    judged = [row for row in rows if row["on_time_closing_rate"] is not None]
    judged = [row for row in judged if int(str(row["closed"])) >= FEWEST_TO_COMPARE]
    by_rate = sorted(judged, key=lambda row: (-float(str(row["on_time_closing_rate"])), str(row["name"])))
    if len(by_rate) < 2 or by_rate[0]["on_time_closing_rate"] == by_rate[-1]["on_time_closing_rate"]:
        return {f"best_{what}": NO_DATA, f"worst_{what}": NO_DATA}
    return {f"best_{what}": _with_rate(by_rate[0]), f"worst_{what}": _with_rate(by_rate[-1])}


def _with_rate(row: Row) -> Word:
    name, rate = row["name"], f"{100 * float(str(row['on_time_closing_rate'])):.0f} %"
    return Word(*(f"{one} {rate}" for one in name)) if isinstance(name, Word) else Word(rate, rate)


def _stage(code: str, found: dict[str, Any]) -> Row:
    return {
        "stage": spoken(lambda: say(STAGE_NAMES[code])),
        "n": found["n"],
        "mean": found["mean"],
        "p90": found["p90"],
    }


def _days(connection: Connection, asked: Asked) -> list[Row]:
    """How many were reported by day, voided ones too: what stood in the inbox."""
    c = grid_event.c
    query = select(c.received).where(
        c.community == asked.community, c.received >= asked.since, c.received < asked.until
    )
    counts: dict[str, int] = {}
    for received in connection.scalars(query):
        counts[date_text(received)] = counts.get(date_text(received), 0) + 1
    return [{"day": date_text(one), "reported": counts.get(date_text(one), 0)} for one in asked.days]
