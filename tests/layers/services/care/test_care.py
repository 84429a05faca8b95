"""Care: who is overdue to be seen, services on time or late, places taken, and totals that name nobody."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from layers.problem import Problem
from layers.services.care import figures
from layers.services.care.living_alone import Watched, watched
from layers.services.registers.behind import Row
from layers.services.registers.declare import registers
from layers.services.registers.write import Asked
from layers.services.registers.write import add as add_row
from layers.services.registers.writer import Writer
from layers.totals import FEWEST
from store.engine import writing
from store.instant import HOUR, Instant, format_rfc3339, local_date, midnight, now
from tests.layers.services.registers import add, change, shipped, void, writer

CARE = (
    "social_cases",
    "social_visits",
    "campaigns",
    "living_alone",
    "check_ins",
    "day_care",
    "nurseries",
    "clinic_roster",
    "service_requests",
    "wishes",
    "legal_aid",
)
TODAY = local_date(now())
_communities, _cards = count(1), count(1)


def noon(day: date) -> Instant:
    """Noon in Asia/Shanghai, or now where that is still to come."""
    return min(midnight(day) + 12 * HOUR, now())


@dataclass
class Station:
    """A social work station of a community of its own."""

    engine: Engine
    community: str = field(default_factory=lambda: f"care-{next(_communities)}")

    def writer(self, register: str) -> Writer:
        """Who writes into a register."""
        return replace(writer(shipped(register)), community=self.community)

    def add(self, register: str, **given: Any) -> Row:
        """A new row."""
        return add(self.engine, self.writer(register), **given)

    def all_added(self, register: str, rows: list[dict[str, Any]]) -> list[Row]:
        """New rows, in one transaction."""
        with writing(self.engine) as connection:
            return [add_row(connection, self.writer(register), Asked(given=one))[0] for one in rows]

    def people(self, many: int) -> list[int]:
        """People served."""
        rows = [{"card": f"C{next(_cards)}", "name": "某人"} for _ in range(many)]
        return [row.id for row in self.all_added("persons", rows)]

    def totals(self, at: Instant | None = None) -> dict[str, Any]:
        """What everybody is told."""
        with self.engine.connect() as connection:
            return figures.told(connection, self.community, at)

    def watched(self, at: Instant | None = None) -> list[Watched]:
        """Who is to be seen."""
        with self.engine.connect() as connection:
            return watched(connection, self.community, at)

    def is_seen(self, person: int, day: date, how: str = "visited") -> Row:
        """Somebody was looked after at noon of a day."""
        return self.add("check_ins", person=person, how=how, seen=format_rfc3339(noon(day)))


@pytest.fixture
def station(shared_engine: Engine) -> Station:
    return Station(shared_engine)


@pytest.mark.parametrize("code", CARE)
def test_registers_of_care_keep_accounts_sealed_and_names_nowhere(code: str) -> None:
    register = registers("heling")[code]
    assert 3 <= len(register.fields) <= 10
    for one in register.fields:
        assert one.personal or one.type != "long", one.code
        assert one.code not in ("name", "phone", "born") or code in ("campaigns", "nurseries")
    # What is told to everybody is told by the one table of totals.
    assert register.totals == ()
    assert register.retention is not None or not register.personal


def test_the_clinic_has_more_than_ten_departments() -> None:
    assert len(registers("heling")["clinic_roster"].field("department").choices) > 10


def test_check_ins_are_entered_in_two_taps() -> None:
    quick = registers("heling")["check_ins"].quick
    assert quick is not None
    assert (quick.find, quick.choose, quick.now) == ("person", "how", "seen")


@pytest.mark.parametrize(
    ("last", "late"),
    [(None, 4), (TODAY - timedelta(3), 0), (TODAY - timedelta(4), 1), (TODAY - timedelta(6), 3), (TODAY, 0)],
)
def test_whoever_was_not_seen_for_so_many_days_is_overdue(station: Station, last: date | None, late: int) -> None:
    (person,) = station.people(1)
    station.add("living_alone", person=person, every_days=3, since=str(TODAY - timedelta(7)))
    if last is not None:
        station.is_seen(person, last)
    for day in (TODAY - timedelta(1), TODAY):
        station.is_seen(person, day, "unreached")
    (one,) = station.watched()
    assert (one.late, one.last) == (late, None if last is None else str(last))
    assert one.due == str((last or TODAY - timedelta(7)) + timedelta(3))


def test_a_visit_is_of_somebody_who_is_on_the_list_that_it_is_for(station: Station) -> None:
    old, child = station.people(2)
    listed = station.add("living_alone", person=old, every_days=3, since="2026-01-01")
    seen = station.is_seen(old, TODAY)
    with pytest.raises(Problem) as refused:
        station.is_seen(child, TODAY)
    (fault,) = refused.value.more["faults"]
    assert (fault["field"], fault["why"]) == ("person", "不在「独居老人看护」名单上，请先登记到那里")
    # Who left the list can be seen no more; what was entered before can still be mended, but not to somebody else.
    void(station.engine, station.writer("living_alone"), listed)
    with pytest.raises(Problem):
        station.is_seen(old, TODAY)
    mended = change(station.engine, station.writer("check_ins"), seen, how="met", person=old)
    assert mended.values["how"] == "met"
    with pytest.raises(Problem):
        change(station.engine, station.writer("check_ins"), mended, person=child)


def test_a_check_in_that_was_voided_does_not_count_and_the_past_can_be_asked_for(station: Station) -> None:
    person, other = station.people(2)
    for one in (person, other):
        station.add("living_alone", person=one, every_days=1, since="2026-01-01")
    row = station.is_seen(person, TODAY)
    before = now()
    void(station.engine, station.writer("check_ins"), row)
    assert {one.person: one.last for one in station.watched()} == {person: None, other: None}
    assert {one.person: one.last for one in station.watched(before)} == {person: str(TODAY), other: None}


def test_nobody_has_been_seen_tomorrow(station: Station) -> None:
    (person,) = station.people(1)
    station.add("living_alone", person=person, every_days=90, since="9999-12-31")
    with pytest.raises(Problem, match="还没有到"):
        station.add("check_ins", person=person, how="met", seen=format_rfc3339(now() + HOUR))
    assert [one.late for one in station.watched()] == [0]


def test_nobody_is_watched_twice(station: Station) -> None:
    (person,) = station.people(1)
    station.add("living_alone", person=person, every_days=3, since="2026-01-01")
    with pytest.raises(Problem, match="已登记"):
        station.add("living_alone", person=person, every_days=5, since="2026-01-01")


@pytest.mark.parametrize(("code", "name"), [("day_care", "centre"), ("nurseries", "name")])
def test_no_more_places_are_taken_than_there_are(station: Station, code: str, name: str) -> None:
    given = {name: "一处"} | ({"day": "2026-11-27"} if code == "day_care" else {})
    row = station.add(code, **given, places=20, taken=20)
    assert row.values["free"] == 0
    with pytest.raises(Problem, match="多于总数"):
        change(station.engine, station.writer(code), row, taken=21)
    assert change(station.engine, station.writer(code), row, taken=12).values["free"] == 8


def test_what_the_source_does_not_say_of_a_nursery_is_not_configured(station: Station) -> None:
    row = station.add("nurseries", name="优优儿童之家")
    assert row.values.get("free") is None
    (told,) = station.totals()["nurseries"]
    assert (told["name"], told["places"], told["taken"], told["free"]) == ("优优儿童之家", None, None, None)


def test_a_service_is_on_time_up_to_its_due_day(station: Station) -> None:
    (person,) = station.people(1)
    asked = {"person": person, "group": "old", "kind": "repair", "asked": "2026-11-20", "due": "2026-11-22"}
    by = station.writer("service_requests")
    row = station.add("service_requests", **asked)
    assert row.values.get("on_time") is None
    with pytest.raises(Problem, match="要有办到日期"):
        change(station.engine, by, row, state="served")
    with pytest.raises(Problem, match="才能评价"):
        change(station.engine, by, row, satisfied=5)
    with pytest.raises(Problem, match="早于提出日期"):
        change(station.engine, by, row, served="2026-11-19")
    row = change(station.engine, by, row, state="served", served="2026-11-22")
    assert row.values["on_time"] is True
    row = change(station.engine, by, row, served="2026-11-23")
    assert row.values["on_time"] is False
    with pytest.raises(Problem, match="要有满意度"):
        change(station.engine, by, row, state="rated")
    assert change(station.engine, by, row, state="rated", satisfied=5).state == "rated"


def test_a_campaign_tells_whom_it_has_seen_by_person_and_never_few_that_are_left(station: Station) -> None:
    campaign = station.add("campaigns", name="中秋走访", kind="visits", starts="2023-09-20", target=26).id
    children = station.people(26)

    def seen() -> tuple[int | None, float | None]:
        (told,) = station.totals()["campaigns"]
        assert told["target"] == 26
        return told["seen"], told["covered"]

    def visit(some: list[int], day: str) -> None:
        station.all_added("social_visits", [{"person": one, "day": day, "campaign": campaign} for one in some])

    assert seen() == (0, 0.0)
    visit(children[:4], "2023-09-21")
    assert seen() == (None, None)
    visit(children[:13], "2023-09-22")
    assert seen() == (13, 0.5)
    visit(children[13:24], "2023-09-23")
    # Two who are left could be found by subtracting.
    assert seen() == (None, None)
    visit(children[24:], "2023-09-24")
    assert seen() == (26, 1.0)


def test_totals_tell_who_is_overdue_in_numbers_only(station: Station) -> None:
    people = station.people(20)
    since = str(TODAY - timedelta(30))
    rows = [{"person": one, "every_days": 90 if place < 14 else 3, "since": since} for place, one in enumerate(people)]
    station.all_added("living_alone", rows)
    assert station.totals()["living_alone"] == {"count": 20, "seen": 14, "overdue": 6}
    station.is_seen(people[14], TODAY)
    station.is_seen(people[15], TODAY)
    assert station.totals()["living_alone"] == {"count": 20, "seen": None, "overdue": None}


def test_totals_as_of_a_past_time(station: Station) -> None:
    before = now()
    rows = [{"kind": "labour", "asked": "2026-11-20"}] * 6
    station.all_added("legal_aid", rows)
    assert station.totals(before)["legal_aid"]["count"] == 0
    told = {row["kind"]: row["count"] for row in station.totals()["legal_aid"]["by_kind"]}
    assert told["labour"] == 6
    assert told["family"] == 0


GROUPS = st.lists(st.sampled_from(["old", "young", "hardship"]), max_size=30)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(groups=GROUPS, served=st.integers(0, 30), marks=st.lists(st.integers(1, 5), max_size=30))
def test_no_total_under_five_is_told(shared_engine: Engine, groups: list[str], served: int, marks: list[int]) -> None:
    station = Station(shared_engine)
    (person,) = station.people(1)
    asked = {"person": person, "kind": "errand", "asked": "2026-11-01", "due": "2026-11-10"}
    rows = []
    for place, group in enumerate(groups):
        done = {"served": "2026-11-10" if place % 3 else "2026-11-11"} if place < served else {}
        rows.append(asked | {"group": group} | done)
    kept = station.all_added("service_requests", rows)
    by = station.writer("service_requests")
    for row, mark in zip(kept[: min(served, 6)], marks, strict=False):
        change(station.engine, by, change(station.engine, by, row, state="served"), state="rated", satisfied=mark)
    told = station.totals()
    numbers = [told["service_requests"]["count"], *(row["count"] for row in told["service_requests"]["by_group"])]
    numbers += [told["service_times"][name] for name in ("served", "on_time", "late")]
    for number in numbers:
        assert number is None or number == 0 or number >= FEWEST
    for total, parts in (
        (numbers[0], numbers[1:4]),
        (numbers[4], numbers[5:]),
    ):
        assert total is None or parts.count(None) != 1
        assert None in parts or total == sum(part or 0 for part in parts)
    assert told["service_times"]["satisfied"] is None or len(marks) >= FEWEST
