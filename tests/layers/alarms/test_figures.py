"""The figures of alarms, each on a history made for it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, insert

from layers.alarms.figures import figures, table
from layers.alarms.rules import PRIORITIES
from layers.alarms.sections import alarms
from layers.alarms.tables import alarm, alarm_flood, alarm_hour, alarm_step, duty
from layers.sections import Asked, Told
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant, format_rfc3339, from_datetime
from store.seal import Seal

MIDNIGHT = from_datetime(datetime(2026, 11, 23, 16, tzinfo=UTC))
END = MIDNIGHT + 7 * DAY
_numbers = count(1)
Step = tuple[str, str, Instant]
"""(event, state after it, time)."""


def happened(engine: Engine, *steps: Step, rule: str = "r", subject: str = "d", priority: str = "low") -> str:
    """One alarm with these steps."""
    number = f"a-{next(_numbers)}"
    state = steps[-1][1]
    row: dict[str, Any] = {
        "id": number,
        "community": "heling",
        "rule": rule,
        "name": "规则",
        "name_en": "rule",
        "priority": priority,
        "state": state,
        "kind": "device",
        "subject": subject,
        "cause": subject,
        "raised": steps[0][2],
        "received": steps[0][2],
        "cleared": steps[-1][2] if state == "normal" else None,
        "is_active": True,
        "is_latched": False,
        "repeats": 0,
        "seq": len(steps),
    }
    with writing(engine) as connection:
        connection.execute(insert(alarm).values(row))
        for seq, (event, after, at) in enumerate(steps, 1):
            told = {"alarm_id": number, "seq": seq, "event": event, "state": after, "at": at, "actor": "t", "note": ""}
            connection.execute(insert(alarm_step).values(told))
    return number


def brief(at: Instant, took: Instant = HOUR) -> Sequence[Step]:
    """Raised, acknowledged after a minute, over after a while."""
    return (
        ("raise", "unacknowledged", at),
        ("acknowledge", "acknowledged", at + min(MINUTE, took // 2)),
        ("return", "normal", at + took),
    )


def observe(engine: Engine, since: Instant, until: Instant) -> None:
    """Rules watch in each hour of a period."""
    with writing(engine) as connection:
        hours = range(since // HOUR * HOUR, until, HOUR)
        connection.execute(insert(alarm_hour), [{"community": "heling", "hour": hour} for hour in hours])


@pytest.fixture(autouse=True)
def _week(request: pytest.FixtureRequest, engine: Engine) -> None:
    """The week was observed, unless the test says when."""
    if "says_when" not in request.keywords:
        observe(engine, MIDNIGHT - 30 * DAY, END + DAY)


@pytest.mark.says_when
def test_rates_are_over_the_time_in_which_rules_watched(engine: Engine) -> None:
    observe(engine, MIDNIGHT + 5 * DAY, END)
    for hour in range(10):
        happened(engine, *brief(MIDNIGHT + 5 * DAY + hour * HOUR))
    told = found(engine)
    assert (told["observed_hours"], values(told)["per_day"]) == (48, 5)
    assert values(told)["hours_over"] == 0
    observe(engine, MIDNIGHT, MIDNIGHT + 5 * DAY)
    assert (found(engine)["observed_hours"], values(found(engine))["per_day"]) == (
        7 * 24,
        pytest.approx(10 / 7, abs=0.01),
    )


@pytest.mark.says_when
def test_where_nothing_was_observed_there_is_no_rate(engine: Engine) -> None:
    told = found(engine)
    assert (told["observed_hours"], values(told)["alarms"]) == (0, 0)
    assert {values(told)[code] for code in ("per_day", "peak_10_min", "hours_over", "in_flood")} == {None}


@pytest.mark.says_when
def test_an_hour_with_an_alarm_was_observed(engine: Engine) -> None:
    happened(engine, *brief(MIDNIGHT + 5 * HOUR))
    told = found(engine)
    assert (told["observed_hours"], values(told)["alarms"]) == (1, 1)
    # One alarm in an hour that was watched is no rate of a week.
    rates = [row for row in told["figures"] if table().rows[row["code"]].is_rate]
    assert {(row["value"], row["is_met"], row["why_en"]) for row in rates} == {
        (None, None, "watched for under 20 h, no rate")
    }
    observe(engine, MIDNIGHT, MIDNIGHT + 20 * HOUR)
    assert values(found(engine))["per_hour"] == 0.05


def found(engine: Engine, since: Instant = MIDNIGHT, until: Instant = END) -> dict[str, Any]:
    with engine.connect() as connection:
        return figures(connection, "heling", since, until)


def values(told: dict[str, Any]) -> dict[str, Any]:
    return {row["code"]: row["value"] for row in told["figures"]}


def met(told: dict[str, Any]) -> dict[str, Any]:
    return {row["code"]: row["is_met"] for row in told["figures"]}


def test_without_alarms_rates_are_nought_and_shares_are_unknown(engine: Engine) -> None:
    told = found(engine)
    shown = values(told)
    assert (shown["alarms"], shown["per_hour"], shown["peak_10_min"], shown["floods"]) == (0, 0, 0, 0)
    assert (shown["top_ten"], shown["low"], shown["acknowledged_median"]) == (None, None, None)
    assert met(told)["top_ten"] is None
    assert met(told)["per_hour"] is True
    assert len(told["days"]) == 7


def test_every_figure_is_named_in_two_languages_and_a_target_has_its_source(engine: Engine) -> None:
    for row in found(engine)["figures"]:
        assert row["name"]
        assert row["name_en"]
        assert row["target"] is None or row["source"]
    assert {code for code, row in table().rows.items() if row.most is None and row.least is None} == {
        code for code, row in table().rows.items() if row.target is None
    }


def test_rates_are_those_of_one_operator_by_the_roster(engine: Engine) -> None:
    for hour in range(0, 168, 2):
        happened(engine, *brief(MIDNIGHT + hour * HOUR, 2 * MINUTE), subject=f"d-{hour}")
    assert values(found(engine))["per_hour"] == 0.5
    rows = [
        ("li", MIDNIGHT - DAY, END + DAY, None),
        ("li", MIDNIGHT, END, None),
        ("wang", MIDNIGHT, MIDNIGHT + 7 * DAY // 2, None),
        ("zhao", MIDNIGHT, END, MIDNIGHT),
    ]
    with writing(engine) as connection:
        for person, begins, ends, removed in rows:
            told = {"person": person, "begins": begins, "ends": ends, "removed": removed}
            connection.execute(insert(duty).values(community="heling", actor="t", at=0, **told))
    told = found(engine)
    assert told["operators"] == 1.5, "twice on the roster is one person, and who was taken off is nobody"
    assert values(told)["per_hour"] == pytest.approx(0.5 / 1.5, abs=0.005)


def test_the_peak_is_the_worst_ten_minutes_and_shares_tell_how_often_it_was_too_much(engine: Engine) -> None:
    for number in range(12):
        happened(engine, *brief(MIDNIGHT + HOUR + number * 40 * SECOND), subject=f"d-{number}")
    told = found(engine, MIDNIGHT, MIDNIGHT + DAY)
    assert values(told)["peak_10_min"] == 12
    assert values(told)["periods_over"] == pytest.approx(100 / 144, abs=0.005)
    assert (met(told)["peak_10_min"], met(told)["periods_over"], values(told)["hours_over"]) == (False, True, 0)


def test_three_within_a_minute_chatter_and_one_that_is_gone_in_a_moment_is_fleeting(engine: Engine) -> None:
    at = MIDNIGHT + HOUR
    chatter: list[Step] = []
    for begin in (at, at + 29 * SECOND, at + 58 * SECOND):
        chatter += [("raise", "unacknowledged", begin), ("return", "returned", begin + 9 * SECOND)]
    happened(engine, *chatter, subject="restless")
    happened(engine, *brief(at, 5 * SECOND), subject="moment")
    happened(engine, *brief(at, 5 * MINUTE), subject="steady")
    told = found(engine)
    assert [(one["subject"], one["count"]) for one in told["chattering"]] == [("restless", 3)]
    assert [(one["subject"], one["count"]) for one in told["fleeting"]] == [("moment", 1)]
    assert (values(told)["chattering"], values(told)["fleeting"], values(told)["alarms"]) == (1, 1, 5)


def test_what_stands_over_a_day_is_stale_on_each_day_until_it_ends(engine: Engine) -> None:
    happened(engine, ("raise", "unacknowledged", MIDNIGHT - 3 * DAY), subject="old")
    happened(engine, *brief(MIDNIGHT, 3 * DAY), subject="three-days")
    happened(engine, ("raise", "unacknowledged", END - HOUR), subject="new")
    happened(
        engine, ("raise", "unacknowledged", MIDNIGHT), ("shelve", "shelved", MIDNIGHT + HOUR), subject="out-of-sight"
    )
    told = found(engine)
    assert values(told)["standing"] == 2
    assert told["standing"] == [
        {
            "rule": "r",
            "subject": "old",
            "name": "规则",
            "name_en": "rule",
            "since": format_rfc3339(MIDNIGHT - 3 * DAY),
        }
    ]
    assert values(found(engine, MIDNIGHT, MIDNIGHT + DAY))["standing"] == 1


def test_what_was_suppressed_or_shelved_as_it_was_raised_disturbed_nobody_and_is_counted_apart(engine: Engine) -> None:
    at = MIDNIGHT + HOUR
    happened(engine, ("raise", "unacknowledged", at), ("suppress", "suppressed", at), subject="one")
    happened(engine, ("raise", "unacknowledged", at), ("suppress", "suppressed", at + MINUTE), subject="two")
    happened(engine, *brief(at)[:2], ("shelve", "shelved", at + MINUTE), ("raise", "shelved", at + HOUR), subject="sh")
    happened(
        engine,
        ("raise", "unacknowledged", at),
        ("suppress", "suppressed", at),
        ("unsuppress", "unacknowledged", at + MINUTE),
        subject="back",
    )
    shown = values(found(engine))
    assert (shown["alarms"], shown["suppressed"], shown["shelved"]) == (3, 3, 1)


def test_the_time_to_acknowledge_counts_from_when_it_sounded(engine: Engine) -> None:
    for minutes in (1, 2, 30):
        at = MIDNIGHT + minutes * HOUR
        happened(
            engine,
            ("raise", "unacknowledged", at),
            ("return", "returned", at + 10 * SECOND),
            ("raise", "unacknowledged", at + 20 * SECOND),
            ("acknowledge", "acknowledged", at + minutes * MINUTE),
            subject=f"d-{minutes}",
        )
    shown = values(found(engine))
    assert shown["acknowledged_median"] == 120
    assert shown["acknowledged_p95"] == pytest.approx(120 + 0.9 * 28 * 60)


def test_priorities_and_the_ten_most_frequent_are_shares_of_all(engine: Engine) -> None:
    for number in range(20):
        priority = "high" if number == 0 else "medium" if number < 4 else "low"
        for times in range(3 if number < 2 else 1):
            happened(
                engine, *brief(MIDNIGHT + (number * 3 + times) * HOUR), subject=f"d-{number:02}", priority=priority
            )
    told = found(engine)
    shown = values(told)
    assert [shown[code] for code in ("critical", "high", "medium", "low")] == [0, 12.5, 20.83, 66.67]
    assert [met(told)[code] for code in ("critical", "high", "medium", "low")] == [True, False, True, False]
    assert shown["top_ten"] == pytest.approx(100 * 14 / 24, abs=0.005)
    assert [(one["subject"], one["count"]) for one in told["top"]][:3] == [("d-00", 3), ("d-01", 3), ("d-02", 1)]


def test_time_in_flood_is_that_within_the_period(engine: Engine) -> None:
    floods: list[tuple[Instant, Instant | None]] = [
        (MIDNIGHT - HOUR, MIDNIGHT + HOUR),
        (MIDNIGHT + 5 * HOUR, MIDNIGHT + 6 * HOUR),
        (END - HOUR, None),
        (END + HOUR, None),
    ]
    with writing(engine) as connection:
        for number, (began, ended) in enumerate(floods):
            community = "heling" if number < 3 else "elsewhere"
            row = {"community": community, "began": began, "ended": ended, "first": "a", "count": 12}
            connection.execute(insert(alarm_flood).values(row))
    told = found(engine)
    assert values(told)["floods"] == 3
    assert values(told)["in_flood"] == pytest.approx(100 * 3 / 168, abs=0.005)
    assert [one["ended"] for one in told["floods"]] == [
        format_rfc3339(MIDNIGHT + HOUR),
        format_rfc3339(MIDNIGHT + 6 * HOUR),
        None,
    ]


def test_figures_of_the_past_are_what_was_known_then(engine: Engine) -> None:
    happened(engine, *brief(MIDNIGHT + HOUR, DAY))
    happened(engine, *brief(MIDNIGHT + 2 * DAY), subject="later")
    shown = values(found(engine, MIDNIGHT, MIDNIGHT + 2 * HOUR))
    assert (shown["alarms"], shown["acknowledged_median"]) == (1, 60)


@pytest.mark.says_when
def test_a_day_that_no_rule_watched_has_no_count_and_one_that_was_watched_has_nought(engine: Engine) -> None:
    observe(engine, MIDNIGHT + 5 * DAY, MIDNIGHT + 6 * DAY)
    happened(engine, *brief(MIDNIGHT + 2 * DAY))
    counts = [one["count"] for one in found(engine)["days"]]
    assert counts == [None, None, 1, None, None, 0, None]


@pytest.mark.says_when
def test_a_report_draws_a_dash_where_nobody_counted(engine: Engine) -> None:
    def told(since: Instant, until: Instant) -> Told:
        asked = Asked(community="heling", since=since, until=until, known_at=END, seal=Seal(Fernet.generate_key()))
        with engine.connect() as connection:
            return alarms(connection, asked)

    none = told(MIDNIGHT, MIDNIGHT + DAY)
    assert {row["count"] for row in none.tables["priorities"]} == {None}
    assert {none.tables["days"][0][code] for code in ("count", *PRIORITIES)} == {None}
    observe(engine, MIDNIGHT, MIDNIGHT + DAY)
    some = told(MIDNIGHT, MIDNIGHT + DAY)
    assert {row["count"] for row in some.tables["priorities"]} == {0}
    assert {some.tables["days"][0][code] for code in ("count", *PRIORITIES)} == {0}
