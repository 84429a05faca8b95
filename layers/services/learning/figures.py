"""Totals of the community school: learners of the year against its target, by band of age; who came."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from layers import totals
from layers.people import FEWEST
from layers.services.ages import age_on
from layers.services.learning import places, rules
from layers.services.learning.tables import enrolment
from layers.services.lines import ENROLLED, LEFT, WAITING
from layers.services.registers import queries, unchanged
from layers.services.registers.behind import Row
from store.instant import Instant, local_date, now
from store.language import Word, in_all
from store.seal import Seal

PLACED = (ENROLLED, LEFT)
UNKNOWN = "unknown"
UNKNOWN_WORD = Word("年龄未登记", "Age not registered")
CHANNELS = {
    "online": Word("线上", "Online"), "offline": Word("线下", "In person"), "both": Word("两种都有", "Both"),
}  # fmt: skip
CAME = ("present", "late")
ATTENDANCE = "attendance"
READ = (places.ENROLMENTS, "persons", "courses", "sessions", ATTENDANCE)
"""Registers that the totals come from."""


def learners(connection: Connection, seal: Seal, community: str, at: Instant | None = None) -> dict[str, Counter[str]]:
    """Persons who had a place in a course this year, each once: by band of age, and by the way they enrolled.

    The year is that of ``at`` in Asia/Shanghai, by the day of enrolment; rows count as they stood then. An age is
    that of the first enrolment of the year.
    """
    moment = now() if at is None else at
    year = str(local_date(moment).year)
    first, ways = dict[int, str](), dict[int, set[str]]()
    for row in queries.unsealed(connection, community, places.ENROLMENTS, at):
        day, person = str(row.values.get("day") or ""), row.values.get("person")
        if row.values.get("standing") not in PLACED or not day.startswith(year) or not isinstance(person, int):
            continue
        first[person] = min(first.get(person, day), day)
        ways.setdefault(person, set()).add(str(row.values.get("channel")))
    persons = queries.rows(connection, seal, community, "persons", first)
    ages = Counter(_band(persons.get(person), day) for person, day in first.items())
    channels = Counter("both" if len(found) > 1 else next(iter(found)) for found in ways.values())
    return {"age": ages, "channel": channels}


def _band(person: Row | None, day: str) -> str:
    born = person.values.get("born") if person else None
    return rules.band_of(age_on(str(born), date.fromisoformat(day))).code if born else UNKNOWN


def told(connection: Connection, seal: Seal, community: str, at: Instant | None = None) -> dict[str, Any]:
    """The totals that everybody may see: none under 5, and none from which such a one could be found."""
    if at is None:
        return unchanged.told(connection, community, "learning", READ, lambda: _told(connection, seal, community, None))
    return _told(connection, seal, community, at)


def _told(connection: Connection, seal: Seal, community: str, at: Instant | None) -> dict[str, Any]:
    moment = now() if at is None else at
    found = learners(connection, seal, community, at)
    ages: dict[str, Any] = {one.code: one for one in rules.bands()} | {UNKNOWN: UNKNOWN_WORD}
    tables = {
        "age": {code: found["age"][code] for code in ages},
        "channel": {code: found["channel"][code] for code in CHANNELS},
    }
    count = totals.told(sum(found["age"].values()))
    shown = {name: totals.hidden(counts) for name, counts in tables.items()}
    target = rules.target(community)
    return {
        "year": local_date(moment).year,
        "learners": count,
        "fewest": FEWEST,
        "target": target.learners if target else None,
        "share": round(count / target.learners, 4) if target and count is not None else None,
        **in_all("source", target or {"source": "not configured", "source_en": "not configured"}, "source"),
        "by_age": _rows(ages, shown["age"]),
        "by_channel": _rows(CHANNELS, shown["channel"]),
        **_school(connection, community, at),
    }


def _school(connection: Connection, community: str, at: Instant | None) -> dict[str, Any]:
    """Courses with their places, and lessons of the year with how many came: no person in any of it."""
    moment = now() if at is None else at
    courses = queries.unsealed(connection, community, "courses", at)
    year = local_date(moment).year
    lessons = [row for row in queries.unsealed(connection, community, "sessions", at) if _is_past(row, year, moment)]
    held = {row.id for row in lessons}
    marks = Counter[str]()
    for (lesson, present), count in queries.crossed(
        connection, community, ATTENDANCE, ("session", "present"), at
    ).items():
        marks["came" if present in CAME else "absent"] += count if lesson in held else 0
    attended = totals.hidden({"came": marks["came"], "absent": marks["absent"]})
    return {
        "courses": len(courses),
        "places": sum(int(str(row.values.get("places") or 0)) for row in courses),
        "sessions": len(held),
        "attendance": attended,
    }


def _is_past(row: Row, year: int, moment: Instant) -> bool:
    ends = row.values.get("ends")
    return isinstance(ends, int) and ends <= moment and local_date(ends).year == year


def _rows(words: Mapping[str, Any], counts: Mapping[str, int | None]) -> list[dict[str, Any]]:
    return [{"code": code, **in_all("name", words[code]), "learners": counts[code]} for code in words]


def line(connection: Connection, seal: Seal, community: str, course: int) -> dict[str, Any] | None:
    """A course's places and who waits, in their order, by the numbers of their rows; None where it is no course."""
    offered = places.LINE.offered(connection, course)
    if offered is None or offered.community != community:
        return None
    c = enrolment.c
    query = select(enrolment).where(c.course_id == course, c.standing == WAITING).order_by(c.ticket)
    waiting = connection.execute(query).all()
    cards = _cards(queries.rows(connection, seal, community, "persons", {one.person_id for one in waiting}).values())
    return {
        "course": course,
        "places": offered.places,
        "taken": offered.taken,
        "free": offered.places - offered.taken,
        "waiting": [
            {"position": position, "id": one.row_id, "ticket": one.ticket, "person": one.person_id,
             "card": cards.get(one.person_id)}
            for position, one in enumerate(waiting, 1)
        ],
    }  # fmt: skip


def _cards(persons: Iterable[Row]) -> dict[int, str]:
    return {one.id: str(one.values.get("card")) for one in persons}
