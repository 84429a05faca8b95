"""A figure is the number, or the sum, of the rows at its address, now and at a past time, by period and by area."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import Engine

from layers.indicators import figures, kept
from layers.indicators.declare import Indicator
from layers.indicators.figures import FEW, NOT_CONFIGURED, ROLE, Figure
from layers.indicators.kept import Entry
from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import asked, listing
from store.engine import writing
from store.instant import Instant, day_of, local_date, local_month, now, parse_local, start_of_local_month
from tests.layers.services.registers import (
    CLERK,
    COMMUNITY,
    MANAGER,
    SEAL,
    add,
    change,
    found,
    shipped,
    void,
    writer,
)

STEWARD = "steward"


def figure(engine: Engine, code: str, at: Instant | None = None, sees: str = "everybody") -> Figure:
    with engine.connect() as connection:
        one = kept.one(connection, COMMUNITY, code, at)
        return figures.figure(connection, COMMUNITY, one, at, sees)


def rows_of(engine: Engine, found: Figure) -> listing.Found:
    """The rows at a figure's address, as the list of the register answers it."""
    address = urlsplit(found.rows.api)
    register = shipped(address.path.rsplit("/", 1)[-1])
    pairs = parse_qsl(address.query)
    where = [value for name, value in pairs if name == "where"]
    states = [value for name, value in pairs if name == "state"]
    told = dict(pairs)
    viewer = Actor("经理", "manager")
    wanted = asked.wanted(
        register,
        viewer,
        COMMUNITY,
        where=where,
        state=states,
        q="",
        sort="",
        skip=0,
        cursor=None,
        limit=1000,
        voided=False,
    )
    at = parse_local(told["at"]) if "at" in told else None
    with engine.connect() as connection:
        return listing.listed(connection, SEAL, register, COMMUNITY, wanted, at)


def rows_before(engine: Engine) -> list[Any]:
    """The nights of the month before."""
    month = local_month(start_of_local_month(now()) - 1)
    return [row for row in found(engine, writer(shipped("bed_nights"))) if row.values["month"] == month]


def own(engine: Engine, code: str, **more: Any) -> None:
    """An indicator that a manager added."""
    told: dict[str, Any] = {"scene": "services", "name": code, "name_en": code, "sees": STEWARD} | more
    with writing(engine) as connection:
        kept.add(connection, COMMUNITY, Indicator(code=code, **told), "", MANAGER)


@pytest.fixture(scope="module")
def filled(shared_engine: Engine) -> Engine:
    """Businesses in two areas, and bed nights of this month and the one before."""
    businesses, nights = writer(shipped("businesses")), writer(shipped("bed_nights"))
    rows = [
        add(shared_engine, businesses, name=f"民宿{n}", kind="homestay", area=area, beds=10 + n, employees=n)
        for n, area in enumerate(["chenglu", "chenglu", "yanshang", None])
    ]
    change(shared_engine, businesses, rows[3], state="closed")
    void(shared_engine, businesses, add(shared_engine, businesses, name="误", kind="shop"))
    before = local_month(start_of_local_month(now()) - 1)
    for month, counts in ((local_month(now()), (5, 7)), (before, (11, 13))):
        for row, count in zip(rows, counts, strict=False):
            add(shared_engine, nights, business=row.id, month=month, nights=count)
    return shared_engine


def test_rows_that_stand_are_counted_by_area_and_listed_at_the_figures_address(filled: Engine) -> None:
    found = figure(filled, "businesses_open")
    assert found.value == rows_of(filled, found).total == 3
    assert dict(found.areas) == {"chenglu": 2, "yanshang": 1}


def test_a_sum_is_that_of_the_rows_of_its_period_and_the_curve_has_the_one_before(filled: Engine) -> None:
    found = figure(filled, "bed_nights_month")
    listed = rows_of(filled, found).rows
    assert found.value == sum(row.values["nights"] for row in listed) == 12
    assert [point.value for point in found.trend][-2:] == [24, 12]
    # Of what lies before the first row nobody counted anything.
    assert [point.value for point in found.trend][:-2] == [None] * (len(found.trend) - 2)


def test_a_curve_has_nothing_of_months_before_anything_was_entered(filled: Engine) -> None:
    first = min(row.values["month"] for row in found(filled, writer(shipped("bed_nights"))))
    for at in (None, now()):
        trend = figure(filled, "bed_nights_month", at).trend
        months = [(local_month(point.span.since), point.value) for point in trend]
        assert {value for month, value in months if month < first} == {None}
        assert None not in {value for month, value in months if month >= first}


def test_a_change_of_a_past_period_is_in_the_curve_at_once(filled: Engine) -> None:
    before = figure(filled, "bed_nights_month").trend[-2].value
    assert before is not None
    [row] = [one for one in rows_before(filled) if one.values["nights"] == 11]
    changed = change(filled, writer(shipped("bed_nights")), row, nights=12)
    assert figure(filled, "bed_nights_month").trend[-2].value == before + 1
    change(filled, writer(shipped("bed_nights")), changed, nights=11)
    assert figure(filled, "bed_nights_month").trend[-2].value == before


@pytest.mark.parametrize(
    "of", [{"of": "distinct", "field": "kind"}, {"of": "sum", "field": "beds", "states": ["open"]}]
)
def test_a_past_time_is_answered_as_the_present_was(filled: Engine, of: dict[str, Any]) -> None:
    code = f"own_{of['of']}"
    own(filled, code, formula={"kind": "register", "register": "businesses", **of}, period="now")
    present = figure(filled, code, sees=STEWARD)
    then = now()
    add(filled, writer(shipped("businesses")), name=f"后来{code}", kind="hotel", beds=1000, area="chenglu")
    past = figure(filled, code, at=then, sees=STEWARD)
    assert (past.value, dict(past.areas)) == (present.value, dict(present.areas))
    assert figure(filled, code, sees=STEWARD).value != present.value


def test_money_is_told_in_yuan(filled: Engine) -> None:
    operator = add(filled, writer(shipped("operators")), name="第三方", what="食堂", scope="public")
    year = local_date(now()).year
    for quarter, yuan in (("q1", "10.50"), ("q2", 2)):
        add(
            filled, writer(shipped("reinvestments"), MANAGER),
            operator=operator.id, year=year, quarter=quarter, income=100, reinvested=yuan,
        )  # fmt: skip
    assert figure(filled, "reinvested_year").value == 12.5


def test_what_nobody_ever_entered_is_not_configured_and_no_nought(filled: Engine) -> None:
    found = figure(filled, "desks_let")
    assert (found.value, found.source) == (None, NOT_CONFIGURED)
    add(filled, writer(shipped("desks")), code="A1")
    assert figure(filled, "desks_let").value == 0


def test_fewer_than_five_people_are_told_to_stewards_only(filled: Engine) -> None:
    persons = [add(filled, writer(), card=f"few-{n}", name=f"张{n}") for n in range(5)]
    ins = writer(shipped("check_ins"))
    for person in persons:
        add(filled, writer(shipped("living_alone")), person=person.id, every_days=2, since="2026-01-01")
    moment = local_date(now()).isoformat()
    for number, person in enumerate(persons):
        add(filled, ins, person=person.id, how="visited", seen=f"{moment} 00:00:01")
        add(filled, ins, person=persons[0].id, how="unreached", seen=f"{moment} 00:00:02")
        found = figure(filled, "check_ins_month")
        if number < 4:
            assert (found.value, found.source) == (None, FEW)
            assert figure(filled, "check_ins_month", sees=STEWARD).value == number + 1
    assert figure(filled, "check_ins_month").value == 5
    # The same people by area would name them again.
    assert not figure(filled, "check_ins_month").has_areas
    assert figure(filled, "check_ins_month", at=now()).value == 5


def test_a_figure_of_a_role_is_not_told_without_it(filled: Engine) -> None:
    found = figure(filled, "meals_month")
    assert (found.value, found.source, list(found.areas)) == (None, ROLE, [])


def test_one_answers_any_span(filled: Engine) -> None:
    month = start_of_local_month(now())
    with filled.connect() as connection:
        before = figures.one(connection, COMMUNITY, "bed_nights_month", start_of_local_month(month - 1), month)
    assert before.value == 24


def test_entered_values_keep_their_history_and_the_newest_day_counts(filled: Engine) -> None:
    def enter(value: float | None, day: str, reference: str | None = None) -> tuple[int, bool]:
        with writing(filled) as connection:
            entry = Entry(day=day_of(parse_local(day)), value=value, source="年报", reference=reference)
            return kept.enter(connection, COMMUNITY, "employed", entry, MANAGER)

    assert figure(filled, "employed").source == NOT_CONFIGURED
    enter(300, "2023-10-01")
    number, is_new = enter(320, "2024-10-01", "r1")
    assert is_new
    assert enter(999, "2024-10-01", "r1") == (number, False)
    then = now()
    found = figure(filled, "employed")
    assert (found.value, local_date(found.as_of).isoformat()) == (320, "2024-10-01")
    enter(None, "2024-10-01")
    assert figure(filled, "employed").value == 300
    assert figure(filled, "employed", at=then).value == 320


def test_targets_hold_from_their_day_and_the_declared_one_before(filled: Engine) -> None:
    assert figure(filled, "learners_year").target == 400
    with writing(filled) as connection:
        kept.set_target(connection, COMMUNITY, "learners_year", 450, day_of(now()), "今年", MANAGER)
    assert figure(filled, "learners_year").target == 450
    assert figure(filled, "learners_year", at=now() - 10**9).target == 400
    with writing(filled) as connection:
        kept.set_target(connection, COMMUNITY, "learners_year", None, day_of(now()), "", MANAGER)
    assert figure(filled, "learners_year").target is None


def test_an_indicator_over_people_is_never_added_for_everybody(filled: Engine) -> None:
    with pytest.raises(Problem) as refused:
        own(filled, "own_people", formula={"kind": "register", "register": "meals"}, sees="everybody")
    assert refused.value.status == 422


def test_an_added_indicator_is_changed_by_versions_and_can_be_withdrawn(filled: Engine) -> None:
    formula = {"kind": "register", "register": "clubs"}
    own(filled, "own_clubs", formula=formula, name="社团一")
    then = now()
    own(filled, "own_clubs", formula=formula, name="社团二")
    with filled.connect() as connection:
        assert kept.one(connection, COMMUNITY, "own_clubs").name == "社团二"
        assert kept.one(connection, COMMUNITY, "own_clubs", then).name == "社团一"
        assert [row.seq for row in kept.versions(connection, COMMUNITY, "own_clubs")] == [2, 1]
    own(filled, "own_clubs", formula=formula, withdrawn=True)
    with filled.connect() as connection, pytest.raises(Problem):
        kept.one(connection, COMMUNITY, "own_clubs")
    with pytest.raises(Problem):
        own(filled, "employed", formula=formula)


def test_what_is_counted_is_not_entered(filled: Engine) -> None:
    with writing(filled) as connection, pytest.raises(Problem) as refused:
        kept.enter(connection, COMMUNITY, "businesses_open", Entry(day=0, value=1, source="x"), CLERK)
    assert refused.value.status == 409
