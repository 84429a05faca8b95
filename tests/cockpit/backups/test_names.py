"""Which backups stay: few enough, far enough back, and the same whether they were cleared daily or at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cockpit.backups.names import Name, Rule, named, newest, parsed, staying
from store.instant import DAY, HOUR, SECOND, SHANGHAI, from_datetime, to_datetime

RULE = Rule()
END = from_datetime(datetime(2030, 1, 1, tzinfo=UTC))
"""After all of them."""
NAMES = st.builds(
    Name,
    moment=st.integers(0, 900 * 24).map(lambda hour: from_datetime(datetime(2026, 1, 1, tzinfo=UTC)) + hour * HOUR),
    schema=st.sampled_from(["0036", "0037", "0038"]),
    scope=st.sampled_from(["", "", "", "tahai"]),
    is_by_hand=st.booleans(),
)
RULES = st.builds(
    Rule,
    hours=st.integers(0, 60),
    by_hand_days=st.integers(0, 30),
    days=st.integers(0, 9),
    weeks=st.integers(0, 9),
    months=st.integers(0, 14),
    schemas=st.integers(0, 3),
)


def nightly(days: int) -> list[Name]:
    first = from_datetime(datetime(2026, 1, 1, 3, 30, tzinfo=SHANGHAI))
    return [Name(first + day * DAY, "0038") for day in range(days)]


@given(NAMES, st.booleans())
def test_a_name_says_its_moment_schema_and_scope(name: Name, is_encrypted: bool) -> None:
    one = Name(name.moment, name.schema, name.scope, is_encrypted, name.is_by_hand)
    assert parsed(str(one)) == one


def test_what_is_no_backup_has_no_name() -> None:
    for text in ("cockpit.db", "cockpit-20261301-000000-0038.tar.gz", "cockpit-20261127-033000-0038.tar.gz.part", ""):
        assert parsed(text) is None


def test_nothing_in_a_backup_is_later_than_its_name() -> None:
    assert named(5 * SECOND + 1, "0038", "", is_encrypted=False).moment == 6 * SECOND
    assert named(5 * SECOND, "0038", "", is_encrypted=False).moment == 5 * SECOND


def test_of_nightly_ones_a_week_of_days_five_weeks_and_a_year_of_months_stay() -> None:
    stay = sorted(staying(nightly(730), RULE, END))
    days = [to_datetime(name.moment).astimezone(SHANGHAI).date() for name in stay]
    last = days[-1]
    assert days[-7:] == [last - timedelta(days=back) for back in range(6, -1, -1)]
    assert len({day.isocalendar()[:2] for day in days if (last - day).days <= 34}) == 5
    ends = [day for day in days if (day + timedelta(days=1)).day == 1]
    assert len(ends) >= 11
    assert (last - days[0]).days >= 334
    assert len(stay) <= 7 + 5 + 12


def test_a_second_one_of_a_day_takes_nothing_from_the_first() -> None:
    first = from_datetime(datetime(2026, 11, 27, 14, tzinfo=SHANGHAI))
    before, after = Name(first, "0040", is_by_hand=True), Name(first + HOUR, "0040", is_by_hand=True)
    of_the_night = Name(first + 13 * HOUR, "0040")
    assert staying([before, after], RULE, END) == {before, after}
    assert staying([before, after, of_the_night], RULE, END) == {before, after, of_the_night}


def test_what_a_person_made_stays_a_week_and_what_the_clock_made_two_days() -> None:
    hours = [(name.moment, hour) for name in nightly(30) for hour in (0, 5, 9)]
    names = [Name(night + hour * HOUR, "0040", is_by_hand=hour == 5) for night, hour in hours]
    last = max(names).moment
    stay = staying(names, RULE, END)
    assert {name for name in names if name.moment >= last - 2 * DAY} <= stay
    assert {name for name in names if name.is_by_hand and name.moment >= last - 7 * DAY} <= stay
    assert not {name for name in stay if name.is_by_hand and name.moment < last - 7 * DAY}


@given(st.sets(NAMES, max_size=60), RULES)
def test_no_more_stay_than_the_rule_says_and_the_newest_does(found: set[Name], rule: Rule) -> None:
    stay = staying(found, rule, END)
    assert stay <= found
    assert staying(stay, rule, END) == stay
    for scope in {name.scope for name in found}:
        of_it = {name for name in found if name.scope == scope}
        assert max(of_it) in stay
        last = max(of_it).moment
        late = {name for name in of_it if name.moment >= last - rule.hours * HOUR}
        by_hand = {name for name in of_it if name.is_by_hand and name.moment >= last - rule.by_hand_days * DAY}
        assert late | by_hand <= stay
        counted = stay & of_it - late - by_hand
        assert len(counted) <= rule.days + rule.weeks + rule.months + rule.schemas + 1


@given(st.sets(NAMES, max_size=40), NAMES, RULES)
def test_clearing_after_each_leaves_what_clearing_once_would(found: set[Name], new: Name, rule: Rule) -> None:
    later = Name(max([new, *found]).moment + HOUR, max([new, *found], key=lambda name: name.schema).schema, new.scope)
    found = {name for name in found if name.schema <= later.schema}
    assert staying(staying(found, rule, END) | {later}, rule, END) == staying(found | {later}, rule, END)


def test_the_way_back_from_an_upgrade_stays_until_the_next() -> None:
    before = Name(from_datetime(datetime(2025, 12, 31, 9, tzinfo=SHANGHAI)), "0037")
    assert before in staying([before, *nightly(700)], RULE, END)


def test_what_a_clock_that_ran_ahead_dated_takes_no_place_from_what_is_new() -> None:
    found = nightly(60)
    at = found[29].moment
    assert newest(found, at) == found[29]
    assert staying(found, RULE, at) == staying(found[:30], RULE, at) | staying(found[30:], RULE, END)
    assert newest(found[30:], at) is None
