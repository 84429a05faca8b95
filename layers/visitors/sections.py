"""What reports tell of the visitors: how many came by site and day, how full the sites were."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, select

from geo.ground import Place
from layers.sections import NO_DATA, NOT_CONFIGURED, Asked, Cell, Part, Told, date_text, parts_of, word
from layers.sections import Row as Line
from layers.visitors import capacity
from layers.visitors.inside import Inside, inside, reset_before
from layers.visitors.queries import counted_sites
from layers.visitors.tables import gate_flow_hour, site_count, site_day, site_walk
from sensors.devices import registry
from sensors.replay.sources import sources
from store.instant import HOUR, Instant, day_of
from store.language import Word


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"visitors": visitors})


class Day(NamedTuple):
    """Who passed the gates of a site on a day."""

    entered: float
    left: float


class Peak(NamedTuple):
    """The most people inside at a full hour, and when that was."""

    people: float
    at: Instant


def visitors(connection: Connection, asked: Asked) -> Told:
    """Entered and left by site and day, the most inside at a full hour, against what a site may hold.

    Sites are never added up: who comes to two of them is one person. The figures are of the first that is counted.
    """
    entered = _days(connection, asked)
    told = Told(tables={"sites": [], "days": [], "hours": []})
    first: tuple[Place, Mapping[Instant, Day]] | None = None
    for site in counted_sites(asked.community):
        own = {day: one for (of, day), one in entered.items() if of == site.code}
        if not own:
            told.notes.append(Word(f"{site.name}：无计数", f"{site.name_en or site.name}: not counted"))
            continue
        peaks = _peaks(connection, asked, site.code)
        told.tables["days"] += _by_day(connection, asked, site, own, peaks)
        told.tables["sites"].append(_site(connection, asked, site, own, peaks))
        first = first or (site, own)
    told.figures = dict.fromkeys(("entered", "mean", "busiest", "busiest_entered"), NO_DATA)
    if first is not None:
        site, of_first = first
        told.figures = _figures(asked, of_first)
        told.tables["hours"] = _hours(connection, asked, site)
        if len(told.tables["sites"]) > 1:
            others = f"all figures here are of {site.name_en or site.name}: visitors of several sites are not added up"
            told.notes.append(Word(f"以上数字与时段为{site.name}；同一人可能到过几处，各场所不相加", others))
    told.notes += _replayed(connection, asked)
    return told


def _days(connection: Connection, asked: Asked) -> dict[tuple[str, Instant], Day]:
    c = site_day.c
    query = select(c.site, c.day, c.entered, c.left).where(
        c.community == asked.community, c.day >= day_of(asked.since), c.day < asked.until
    )
    return {
        (row.site, row.day): Day(row.entered, row.left) for row in connection.execute(query.order_by(c.site, c.day))
    }


def _by_day(
    connection: Connection, asked: Asked, site: Place, own: Mapping[Instant, Day],
    peaks: Mapping[Instant, Peak],
) -> list[Line]:  # fmt: skip
    rows = list[Line]()
    for day in asked.days:
        may, one, peak = capacity.of(connection, asked.community, site.code, day), own.get(day), peaks.get(day)
        rows.append(
            {
                "site": word(site),
                "day": date_text(day),
                "entered": None if one is None else round(one.entered),
                "left": None if one is None else round(one.left),
                "peak": None if peak is None else round(peak.people),
                "may_enter": may.daily,
                "may_hold": may.instant,
            }
        )
    return rows


def _site(
    connection: Connection, asked: Asked, site: Place, own: Mapping[Instant, Day],
    peaks: Mapping[Instant, Peak],
) -> Line:  # fmt: skip
    may = capacity.of(connection, asked.community, site.code, asked.until - 1)
    busiest = max(own, key=lambda day: (own[day].entered, -day))
    fullest = max(peaks.values(), key=lambda peak: (peak.people, -peak.at), default=None)
    shares = [peak.people / may.instant for peak in peaks.values()] if may.instant else []
    return {
        "site": word(site),
        "entered": round(sum(one.entered for one in own.values())),
        "busiest": date_text(busiest),
        "busiest_entered": round(own[busiest].entered),
        "may_enter": may.daily or NOT_CONFIGURED,
        "peak": None if fullest is None else round(fullest.people),
        "peak_at": None if fullest is None else fullest.at,
        "may_hold": may.instant or NOT_CONFIGURED,
        "share": max(shares) if shares else NO_DATA if may.instant else NOT_CONFIGURED,
    }


def _peaks(connection: Connection, asked: Asked, site: str) -> dict[Instant, Peak]:
    """The most inside at the full hours of each day: the walk of `inside`, in one pass over the hours.

    Hours of a day on which somebody counted on the spot are asked for one by one.
    """
    c = site_walk.c
    first = reset_before(asked.since)
    of_site = (c.community == asked.community, c.site == site, c.hour >= first, c.hour < asked.until)
    counted = {reset_before(at) for at in _counted(connection, asked, site, first)}
    found: dict[Instant, Peak] = {}
    walked = Inside(0.0, first)
    for row in connection.execute(select(c.hour, c.net, c.lowest).where(*of_site).order_by(c.hour)):
        reset, over = reset_before(row.hour), row.hour + HOUR
        if reset != walked.since:
            walked = Inside(0.0, reset)
        walked = walked.walked(row.hour, over - 1, row.net, row.lowest)
        if over > asked.until or row.hour < asked.since:
            continue
        people = walked.people
        if reset in counted:
            people = inside(connection, asked.community, site, over - 1, over - 1).people
        day = day_of(row.hour)
        if day not in found or people > found[day].people:
            found[day] = Peak(people, over)
    return found


def _counted(connection: Connection, asked: Asked, site: str, first: Instant) -> list[Instant]:
    c = site_count.c
    query = select(c.at).where(c.community == asked.community, c.site == site, c.at >= first, c.at < asked.until)
    return list(connection.scalars(query))


def _hours(connection: Connection, asked: Asked, site: Place) -> list[Line]:
    """People who entered a site by hour of the day, the mean of the days that had any."""
    c = gate_flow_hour.c
    of = (c.community == asked.community, c.site == site.code, c.hour >= asked.since, c.hour < asked.until)
    query = select(c.hour, c.entered).where(*of)
    days, of_hour = set[Instant](), defaultdict[int, float](float)
    for row in connection.execute(query.order_by(c.hour, c.site, c.device_id)):
        days.add(day_of(row.hour))
        of_hour[(row.hour - day_of(row.hour)) // HOUR] += row.entered
    if not days:
        return []
    return [{"hour": f"{hour:02d}", "entered": round(of_hour[hour] / len(days), 1)} for hour in range(24)]


def _figures(asked: Asked, own: Mapping[Instant, Day]) -> dict[str, Cell]:
    busiest = max(own, key=lambda day: (own[day].entered, -day))
    entered = sum(one.entered for one in own.values())
    return {
        "entered": round(entered),
        "mean": round(entered / len(asked.days)),
        "busiest": date_text(busiest),
        "busiest_entered": round(own[busiest].entered),
    }


def _replayed(connection: Connection, asked: Asked) -> list[Word]:
    found = {gate.source for gate in registry.read_all(connection, asked.community, kind="gate") if gate.source}
    known = sources()
    words = [known.get(one, Word(one, one)) for one in sorted(found)]
    return [Word(f"含回放数据：{one.name}", f"Holds replayed observations: {one.name_en}") for one in words]
