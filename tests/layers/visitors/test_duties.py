"""What the Tourism Law asks when a site may become full: due by its level, kept for each occurrence."""

from typing import Any

import pytest
from sqlalchemy import Engine

from layers.problem import Problem
from layers.visitors.capacity import duties, versions
from layers.visitors.capacity.versions import Entered
from store.engine import writing
from store.instant import SECOND, now, parse_rfc3339
from tests.database import add
from tests.layers.counting import send

COMMUNITY, SITE = "heling", "fangyan"


def checklist(engine: Engine, **asked: Any) -> dict[str, Any]:
    """The checklist as it stands."""
    with engine.connect() as connection:
        return duties.checklist(connection, COMMUNITY, SITE, None, **asked)


def due(engine: Engine) -> set[str]:
    """The duties that are due and not done."""
    return {row["duty"] for row in checklist(engine)["duties"] if row["due"] and not row["done"]}


def see_to(engine: Engine, duty: str, *, is_done: bool = True, occurrence: int | None = None) -> None:
    """Somebody sees to a duty."""
    with writing(engine) as connection:
        duties.see_to(connection, COMMUNITY, SITE, duty, occurrence, is_done, "by phone", "user:m")


@pytest.fixture
def crowded(engine: Engine) -> Engine:
    """A site whose level rose to orange."""
    add(engine, "gate-1", "gate", site=SITE)
    with writing(engine) as connection:
        versions.add(connection, COMMUNITY, SITE, Entered(instant=100, daily=None, since=0), "user:m")
    send(engine, "gate-1", [(now() - 9 * SECOND, {"enter": 85})], [(now() - 8 * SECOND, {"enter": 6})])
    return engine


STANDING = {"publish_capacity", "control_plan"}


def test_every_duty_names_whom_it_is_done_to_in_two_languages() -> None:
    for duty in duties.duties().values():
        assert all((duty.name, duty.name_en, duty.to, duty.to_en, duty.clause)), duty.code


def test_what_is_due_follows_the_highest_level_of_the_occurrence(crowded: Engine) -> None:
    assert due(crowded) == STANDING | {"announce", "report", "guide", "divert"}
    send(crowded, "gate-1", [(now() - 7 * SECOND, {"leave": 9})])
    assert due(crowded) == STANDING | {"announce", "report", "guide", "divert"}, "it goes on"


def test_a_duty_is_done_with_who_when_and_how_and_can_be_taken_back(crowded: Engine) -> None:
    see_to(crowded, "report")
    [row] = [row for row in checklist(crowded)["duties"] if row["duty"] == "report"]
    assert row["done"]
    assert (row["word"]["by"], row["word"]["note"]) == ("user:m", "by phone")
    see_to(crowded, "report", is_done=False)
    assert "report" in due(crowded)
    with crowded.connect() as connection:
        assert [row["done"] for row in duties.log(connection, COMMUNITY, SITE, None, 9)] == [False, True]


def test_a_past_time_knows_of_a_duty_only_what_had_been_entered_by_then(crowded: Engine) -> None:
    begun = checklist(crowded)["occurrence"]
    before = now()
    see_to(crowded, "publish_capacity")
    see_to(crowded, "report", occurrence=parse_rfc3339(begun))
    between = now()
    see_to(crowded, "report", is_done=False)
    with crowded.connect() as connection:
        told = {at: duties.checklist(connection, COMMUNITY, SITE, at) for at in (before, between, None)}
        logged = [len(duties.log(connection, COMMUNITY, SITE, at, 9)) for at in (before, between, None)]
    done = [{row["duty"] for row in one["duties"] if row["done"]} for one in told.values()]
    assert done == [set(), {"publish_capacity", "report"}, {"publish_capacity"}]
    assert [one["occurrence"] for one in told.values()] == [begun] * 3
    assert logged == [0, 2, 3]


def test_the_next_occurrence_begins_anew_and_the_last_one_is_kept(crowded: Engine) -> None:
    first = checklist(crowded)["occurrence"]
    see_to(crowded, "announce")
    see_to(crowded, "publish_capacity")
    send(crowded, "gate-1", [(now() - 6 * SECOND, {"leave": 50})])
    assert (checklist(crowded)["goes_on"], checklist(crowded)["occurrence"]) == (False, first)
    send(crowded, "gate-1", [(now() - 5 * SECOND, {"enter": 45})])
    assert checklist(crowded)["occurrence"] != first
    assert "announce" in due(crowded)
    assert "publish_capacity" not in due(crowded), "what stands always stays done"
    before = checklist(crowded, asked=parse_rfc3339(first))
    assert [row["duty"] for row in before["duties"] if row["done"]] == ["publish_capacity", "announce"]


def test_what_cannot_be_seen_to_is_refused_with_why(engine: Engine) -> None:
    for duty, occurrence, status in (("nothing", None, 404), ("report", None, 409), ("report", 5, 404)):
        with pytest.raises(Problem) as refused:
            see_to(engine, duty, occurrence=occurrence)
        assert refused.value.status == status
