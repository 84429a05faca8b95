"""What happens in a demonstration: the same for the same seed and date, and nobody in it exists."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from cockpit.demonstration import scenario
from cockpit.demonstration.acts import Act, Made
from cockpit.demonstration.pictures import MOTIFS, drawn
from cockpit.demonstration.tables import people, stories
from geo.communities import communities
from layers.grid_events.rules import states
from store.instant import HOUR, local_date, midnight

DAY = date(2026, 11, 20)
COMMUNITIES = ["heling", "tahai"]


BEGAN = DAY - timedelta(days=scenario.DAYS + 1)


def fortnight(seed: str, community: str, until: date = DAY) -> list[Act]:
    """All acts of the beginning and of the fortnight up to a day."""
    found = scenario.beginning(seed, community, BEGAN, until)
    for back in range(scenario.DAYS, -1, -1):
        found += scenario.of_day(seed, community, BEGAN, until - timedelta(days=back))
    return found


@pytest.mark.parametrize("community", COMMUNITIES)
def test_the_same_seed_and_date_give_the_same_acts_and_another_seed_gives_others(community: str) -> None:
    assert fortnight("one", community) == fortnight("one", community)
    assert fortnight("one", community) != fortnight("two", community)


@pytest.mark.parametrize("community", COMMUNITIES)
def test_each_act_has_a_key_of_its_own_and_needs_only_what_was_made_before(community: str) -> None:
    acts = sorted(fortnight("one", community), key=lambda one: (one.at, one.key))
    assert [key for key, count in Counter(one.key for one in acts).items() if count > 1] == []
    made: set[str] = set()
    lacking = []
    for act in acts:
        lacking += [(act.key, key) for key in needed((act.path, act.body)) if key not in made]
        made.add(act.key)
    assert lacking == []


def needed(value: Any) -> list[str]:
    """The keys of what a value needs."""
    if isinstance(value, Made):
        return [value.key]
    if isinstance(value, dict):
        return [key for one in value.values() for key in needed(one)]
    return [key for one in value for key in needed(one)] if isinstance(value, list | tuple) else []


def test_three_evenings_show_events_at_every_stage() -> None:
    seen: set[str] = set()
    acts = sorted(fortnight("one", "heling"), key=lambda one: one.at)
    for back in range(3):
        newest = {}
        for act in acts:
            is_of_event = act.kind in ("event", "step") and act.key.startswith("event/")
            if is_of_event and act.at <= midnight(DAY - timedelta(days=back)) + 18 * HOUR:
                newest["/".join(act.key.split("/")[:3])] = act.body.get("to", "reported")  # type: ignore[union-attr]
        seen |= set(newest.values())
    assert set(states()) - seen == {"void", "verified"} - seen


def test_whoever_is_named_is_said_to_be_invented() -> None:
    known = people()
    assert all(one.name.startswith("演示") for one in known.staff.values())
    assert known.residents.name.startswith("演示")
    for community in communities():
        for act in fortnight("one", community):
            for name in ("title", "name", "account", "parties", "tenant", "teacher", "shop", "party", "office"):
                found = said(act.body, name)
                assert all("演示" in one for one in found), (act.key, found)


def said(body: Any, name: str) -> list[str]:
    """What a body says under a name."""
    if not isinstance(body, dict):
        return []
    own = [body[name]] if isinstance(body.get(name), str) else []
    return own + [one for value in body.values() for one in said(value, name)]


def test_stories_name_staff_that_there_is_and_drawings_that_can_be_drawn() -> None:
    for story in stories():
        assert {story.by, *(step.by for step in story.steps)} <= set(people().staff), story.code
        motifs = {story.picture, *(one.get("picture") for one in (*story.pick, *story.each))} - {None}
        assert motifs <= set(MOTIFS), story.code


def test_a_drawing_is_the_same_each_time_and_says_that_it_is_one() -> None:
    assert drawn("lamp", 3) == drawn("lamp", 3)
    assert drawn("lamp", 3)[:2] == b"\xff\xd8"


@pytest.mark.parametrize("community", COMMUNITIES)
def test_it_goes_on_for_ever_with_courses_stock_and_rehearsals_that_are_of_their_time(community: str) -> None:
    for days in (71, 400, 800):
        until = DAY + timedelta(days=days)
        made = {act.key: act for act in fortnight("one", community, until)}
        assert [key for act in made.values() for key in needed((act.path, act.body)) if key not in made] == []
        lesson = next(act for key, act in sorted(made.items(), reverse=True) if key.startswith("lesson-calligraphy"))
        (course,) = needed(lesson.body)
        (term,) = needed(made[course].body)
        ends = date.fromisoformat(made[term].body["values"]["ends"])  # type: ignore[index, call-overload]
        assert until <= ends <= until + timedelta(days=81)
        newest = max(act.at for act in made.values() if act.key.startswith("received/"))
        assert newest > midnight(until - timedelta(days=31))


def test_a_booking_that_comes_again_follows_the_one_before_without_a_gap_or_a_clash() -> None:
    begun = [
        local_date(act.at)
        for act in scenario.beginning("one", "heling", BEGAN, BEGAN + timedelta(days=360))
        if act.key.startswith("rehearsal/")
    ]
    assert begun == [BEGAN, BEGAN + timedelta(days=360)]
    every = [
        local_date(act.at)
        for days in range(0, 361, 10)
        for act in scenario.beginning("one", "heling", BEGAN, BEGAN + timedelta(days=days))
        if act.key.startswith("rehearsal/")
    ]
    assert sorted(set(every)) == [BEGAN + timedelta(days=120 * turn) for turn in range(4)]
