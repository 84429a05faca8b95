"""Reports: of which period and moment they are, what they tell, and that the same moment gives the same bytes."""

import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from openpyxl import load_workbook
from sqlalchemy import Engine, insert, update

from cockpit.reports import fonts, kept, making, paper, workbook
from cockpit.reports.gather import Gathered, gather
from cockpit.reports.kinds import kinds, over_by, period
from cockpit.reports.maker import Maker
from cockpit.settings import Settings
from layers.declare import report_parts
from layers.governance import registers
from layers.governance.rules import fields
from layers.governance.tables import partner
from layers.grid_events import figures as event_figures
from layers.grid_events import write
from layers.grid_events.report import read
from layers.indicators import kept as indicators
from layers.indicators.declare import Indicator
from layers.indicators.sections import scenes as scenes_told
from layers.problem import Problem
from layers.roles import Actor
from layers.sections import FEW, NO_DATA, NOT_CONFIGURED, Asked
from layers.visitors.tables import site_day, site_walk
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import device, reading, reading_day, reading_hour, series
from store import audit
from store.databases import Databases
from store.engine import writing
from store.instant import DAY, HOUR, SECOND, Instant, format_rfc3339, midnight, parse_rfc3339
from store.language import LANGUAGES
from store.seal import Seal
from tests.database import new_database

SEAL = Seal(Fernet.generate_key())
OCTOBER = period("month", "2026-10")
KNOWN: Instant = parse_rfc3339("2026-11-01T06:00:00+08:00")
RARE = "\U00030000😀"
"""A rare character and an emoji, which no font for Chinese text has."""
HOSTILE = "=1+1"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """October of a small community: a station, a site with visitors, some grid events, nothing entered by clerks."""
    engine = new_database(tmp_path_factory.mktemp("reports"))
    registry.add(
        engine, Device(id="air-1", community="heling", kind="air", name=f"{HOSTILE}站{RARE}", interval_s=1_800)
    )
    with writing(engine) as connection:
        # Known before the period, so that it is judged by its interval, and listed: of two readings an hour one came.
        connection.execute(update(device).values(created=OCTOBER.since - DAY))
        connection.execute(insert(series).values(id=1, device_id="air-1", metric="pm2_5", kind="number"))
        for day in range(31):
            begin = OCTOBER.since + day * DAY
            value = 80.0 if day == 30 else 30.0 + day
            hourly = {"series_id": 1, "n": 1, "total": value, "low": value, "high": value}
            # Of the second day too little was measured to judge it.
            hours = range(19 if day == 1 else 24)
            connection.execute(insert(reading_hour), [hourly | {"hour": begin + hour * HOUR} for hour in hours])
            row = {"series_id": 1, "day": begin, "n": 24, "total": 24 * value, "low": value - 5, "high": value + 5}
            connection.execute(insert(reading_day).values(row))
            of_site = {"community": "heling", "site": "fangyan"}
            connection.execute(insert(site_day).values(of_site | {"day": begin, "entered": 1000 + day, "left": 900}))
            hour = begin + 10 * HOUR
            walked = {"hour": hour, "net": 100.0 + day, "lowest": 0.0, "until": hour + HOUR - 1}
            connection.execute(insert(site_walk).values(of_site | walked))
        last = {"series_id": 1, "ts": OCTOBER.until - HOUR, "value": 80.0, "text": None, "quality": 0}
        connection.execute(insert(reading).values(last))
        for number in range(4):
            told = read(
                b'{"id": "%d", "category": "facility.lighting", "title": "t", "lon": 120.19, "lat": 28.92}' % number,
                OCTOBER.since + DAY,
            )
            write.file(connection, "heling", write.Reporter("user:a"), told)
    return engine


@pytest.fixture(scope="module")
def october(engine: Engine) -> Gathered:
    """The report of October."""
    with engine.connect() as connection:
        return gather(connection, "heling", "month", OCTOBER, KNOWN, SEAL, "1.0")


@pytest.fixture(scope="module")
def font() -> fonts.Font:
    """The font that is installed."""
    return fonts.font(None)


def section(gathered: Gathered, code: str) -> Any:
    """What a section tells."""
    return next(one.told for one in gathered.sections if one.code == code)


def read_pdf(content: bytes, *command: str) -> str:
    """What a program of poppler says of a PDF."""
    done = subprocess.run(
        [*command, "-", *(["-"] if command[0] == "pdftotext" else [])], input=content, capture_output=True, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("kind", "code", "first", "last"),
    [
        ("month", "2026-02", "2026-02-01", "2026-02-28"),
        ("month", "2024-02", "2024-02-01", "2024-02-29"),
        ("week", "2026-W01", "2025-12-29", "2026-01-04"),
        ("week", "2026-W53", "2026-12-28", "2027-01-03"),
        ("day", "2026-10-31", "2026-10-31", "2026-10-31"),
    ],
)
def test_a_period_is_whole_days_in_asia_shanghai(kind: str, code: str, first: str, last: str) -> None:
    found = period(kind, code)
    assert format_rfc3339(found.since) == format_rfc3339(parse_rfc3339(f"{first}T00:00:00+08:00"))
    assert found.until == parse_rfc3339(f"{last}T00:00:00+08:00") + DAY


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("month", "2026-13"),
        ("month", "2026-1"),
        ("month", "٢٠٢٦-10"),
        ("month", "1999-12"),
        ("week", "2026-W54"),
        ("week", "2025-W53"),
        ("week", "9999-W52"),
        ("month", "9999-12"),
        ("day", "2026-02-30"),
        ("day", "2026-10"),
    ],
)
def test_what_is_no_period_is_refused(kind: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        period(kind, code)
    assert refused.value.status == 400


def test_reports_are_due_by_the_clock_in_asia_shanghai_and_of_what_is_over_then() -> None:
    friday = parse_rfc3339("2026-11-27T07:29:59+08:00")
    due = {code: kind.due.last(friday) for code, kind in kinds().items()}
    assert {code: format_rfc3339(at + 8 * HOUR)[:16] for code, at in due.items()} == {
        "month": "2026-11-01T06:00",
        "week": "2026-11-23T06:00",
        "day": "2026-11-26T07:30",
    }
    over = {code: over_by(code, at).code for code, at in due.items()}
    assert over == {"month": "2026-10", "week": "2026-W47", "day": "2026-11-25"}


def test_whatever_kinds_show_is_described_and_told(october: Gathered) -> None:
    parts = report_parts()
    for kind in kinds().values():
        for code, chosen in kind.sections.items():
            described = parts[code].described
            for shown, there in (
                (chosen.figures, described.figures),
                (chosen.charts, described.charts),
                (chosen.tables, described.tables),
            ):
                assert set(shown or ()) <= there.keys()
        assert {code.partition(".")[0] for code in kind.headline} <= kind.sections.keys()
    for one in october.sections:
        assert one.told.figures.keys() == one.described.figures.keys()
        for code, rows in one.told.tables.items():
            known = parts[one.code].described.tables[code].columns
            assert {(one.code, code, name) for row in rows for name in row.keys() - known.keys()} == set()


def test_figures_are_those_that_the_routes_tell(engine: Engine, october: Gathered) -> None:
    with engine.connect() as connection:
        told = event_figures.figures(
            connection, "heling", event_figures.Period(OCTOBER.since, OCTOBER.until), "category"
        )
    events = section(october, "grid_events")
    assert events.figures["reported"] == told["total"]["counts"]["reported"]
    assert [row["reported"] for row in events.tables["categories"]] == [
        one["counts"]["reported"] for one in told["groups"]
    ]
    visitors = section(october, "visitors")
    assert visitors.figures["entered"] == sum(1000 + day for day in range(31))
    assert visitors.figures["busiest"] == "2026-10-31"
    site = visitors.tables["sites"][0]
    assert (site["peak"], site["peak_at"]) == (130, midnight_of("2026-10-31") + 11 * HOUR)
    air = section(october, "air")
    assert (air.figures["measured"], air.figures["over"], air.figures["within"]) == (30, 1, 29)
    # The transitional limit of GB 3095-2026; the 30th had 59, the last day 80.
    assert {row["pm2_5_limit"] for row in air.tables["days"]} == {60}
    assert section(october, "devices").figures["share"] == 0.5


def test_a_managers_report_has_the_figures_that_managers_see_and_says_why_one_is_not_there(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(told: str, **formula: Any) -> Any:
        given = {"scene": "health", "name": "自定", "name_en": "own", "unit": "", "sees": told}
        of = Indicator(code="own", formula=formula, period="now", **given)  # type: ignore[arg-type]
        monkeypatch.setattr(indicators, "indicators", lambda *_: {"own": of})
        asked = Asked(
            community="heling", since=OCTOBER.since, until=OCTOBER.until, known_at=KNOWN, seal=SEAL, role="manager"
        )
        with empty.connect() as connection:
            [row] = scenes_told(connection, asked).tables["indicators"]
        return row["value"]

    with writing(empty) as connection:
        registers.add_partner(connection, "heling", next(iter(fields())), "单位", Actor("某", "manager"))
        connection.execute(update(partner).values(since=OCTOBER.since))
    assert shown("manager", kind="governance", of="partners") == 1
    assert shown("admin", kind="governance", of="partners").name == "仅更高权限可看，不印出"
    assert shown("steward", kind="governance", of="served").name == "统计个人，不印出"


def midnight_of(day: str) -> Instant:
    """The first moment of a day."""
    from datetime import date

    return midnight(date.fromisoformat(day))


def test_what_nobody_entered_is_said_and_never_invented(october: Gathered) -> None:
    assert section(october, "visitors").tables["sites"][0]["may_hold"] == NOT_CONFIGURED
    assert section(october, "canteen").figures["meals"] == NOT_CONFIGURED
    governance = section(october, "governance")
    assert governance.figures["members"] == NOT_CONFIGURED
    # What is not configured is split up into no noughts.
    assert (governance.tables["council"], governance.tables["partners"]) == ([], [])
    assert section(october, "alarms").figures["total"] == NO_DATA
    assert FEW not in section(october, "points").figures.values()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_figures_give_the_same_bytes(october: Gathered, font: fonts.Font, language: str) -> None:
    again = kept.unpacked(kept.packed(october))
    assert again == october
    assert paper.pdf(october, language, font) == paper.pdf(again, language, font)
    made = workbook.xlsx(october, language)
    assert made == workbook.xlsx(again, language)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {one.date_time for one in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-10-31T22:00:00Z" in parts.read("docProps/core.xml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_of_what_it_is_and_holds_no_box_in_place_of_a_character(
    october: Gathered, font: fonts.Font, language: str
) -> None:
    made = paper.pdf(october, language, font)
    text = read_pdf(made, "pdftotext", "-layout")
    assert not any("登录" in line or "without a role" in line for line in text.splitlines())
    for expected in {
        "zh-CN": ("2026 年 10 月", "数据截至", "未配置", "客流"),
        "en": ("October 2026", "Not configured", "Visitors"),
    }[language]:
        assert expected in text
    assert "2026-11-01 06:00" in text
    assert "〓" in text
    assert not set(RARE) & set(text)
    known = fonts.characters(font)
    assert {one for one in text if ord(one) not in known} <= {"\n", "\f", " "}
    # One that lies in no font of the file would be drawn as a box.
    used = read_pdf(made, "pdffonts")
    assert {line.split()[0].partition("+")[2].partition("-")[0] for line in used.splitlines()[2:]} == {"NotoSansCJKsc"}


def test_the_workbook_has_the_rows_behind_the_charts_as_numbers_and_days(october: Gathered) -> None:
    book = load_workbook(io.BytesIO(workbook.xlsx(october, "zh-CN")))
    [name] = [name for name in book.sheetnames if "各场所每日" in name]
    heads, *rows = book[name].iter_rows(values_only=True)
    assert len(rows) == 31
    first = dict(zip(heads, rows[0], strict=True))
    assert first["进入 (人次)"] == 1000
    assert first["日期"].isoformat()[:10] == "2026-10-01"
    [devices] = [name for name in book.sheetnames if "全部设备" in name]
    device = book[devices]["A2"]
    assert device.data_type == "s"
    assert HOSTILE in device.value
    figures = list(book["指标"].iter_rows(values_only=True))
    assert ("客流", "进入", sum(1000 + day for day in range(31)), "人次") in figures


def test_a_font_is_named_in_one_line_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", (tmp_path,))
    with pytest.raises(fonts.NoFont, match=r"fonts-noto-cjk.*COCKPIT_REPORT_FONT"):
        fonts.font(None)
    with pytest.raises(fonts.NoFont, match="COCKPIT_REPORT_FONT"):
        fonts.font(tmp_path / "none.ttf")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Engine]:
    """A database where nobody asked for a report yet."""
    engine = new_database(tmp_path)
    yield engine
    engine.dispose()


def ask(
    engine: Engine, moment: Instant, known_at: Instant | None = None, *, code: str = "2026-10", anew: bool = False,
    actor: str = "user:a",
) -> int:  # fmt: skip
    """Ask for a month; answers the report's number."""
    with writing(engine) as connection:
        return kept.ask(connection, "heling", "month", period("month", code), known_at, actor, moment, anew=anew)


def make(engine: Engine, moment: Instant) -> None:
    """Have the report that waits made, of nothing."""
    with writing(engine) as connection:
        row = making.claim(connection, ["heling"], moment)
        assert row is not None
        making.finish(connection, row, b"figures", [making.File("zh-CN", "pdf", b"content")], "tests", moment)


def test_who_asks_for_the_same_gets_the_same(empty: Engine) -> None:
    first = ask(empty, KNOWN)
    assert ask(empty, KNOWN + DAY) == first
    make(empty, KNOWN + DAY)
    assert ask(empty, KNOWN + 2 * DAY) == first
    assert ask(empty, KNOWN + 2 * DAY, KNOWN) == first
    anew = ask(empty, KNOWN + 3 * DAY, anew=True)
    assert anew != first
    make(empty, KNOWN + 3 * DAY)
    assert ask(empty, KNOWN + 4 * DAY) == anew
    assert ask(empty, KNOWN + 4 * DAY, KNOWN) == first


def test_of_a_month_that_is_not_over_each_asking_is_of_its_moment(empty: Engine) -> None:
    first = ask(empty, KNOWN + DAY, code="2026-11")
    make(empty, KNOWN + DAY)
    assert ask(empty, KNOWN + 2 * DAY, code="2026-11") != first


@pytest.mark.parametrize("known_at", [KNOWN + 1, OCTOBER.since - 1])
def test_a_moment_that_lies_ahead_or_before_the_month_is_refused(empty: Engine, known_at: Instant) -> None:
    with pytest.raises(Problem):
        ask(empty, KNOWN, known_at)
    with pytest.raises(Problem):
        ask(empty, KNOWN, code="2026-12")


def test_no_more_wait_than_may(empty: Engine) -> None:
    for number in range(kept.WAIT_AT_MOST):
        ask(empty, KNOWN, KNOWN - number * SECOND, actor=f"user:{number}")
    with pytest.raises(Problem) as refused:
        ask(empty, KNOWN, KNOWN - DAY)
    assert refused.value.status == 503


def test_nobody_fills_the_line_or_a_day_alone(empty: Engine) -> None:
    for number in range(kept.ASK_A_DAY):
        if number % kept.WAIT_EACH == 0 and number:
            with pytest.raises(Problem, match="wait to be made") as refused:
                ask(empty, KNOWN, KNOWN - DAY)
            assert refused.value.status == 429
            for _ in range(kept.WAIT_EACH):
                make(empty, KNOWN)
        ask(empty, KNOWN, KNOWN - number * SECOND)
    for _ in range(kept.WAIT_EACH):
        make(empty, KNOWN)
    with pytest.raises(Problem, match="within a day") as refused:
        ask(empty, KNOWN, KNOWN - DAY)
    assert refused.value.status == 429
    assert ask(empty, KNOWN, KNOWN - DAY, actor=kept.SCHEDULE)
    assert ask(empty, KNOWN + 2 * DAY, KNOWN - 2 * DAY)


def test_of_what_somebody_asked_for_the_newest_of_a_period_are_kept(empty: Engine) -> None:
    by_itself = ask(empty, KNOWN, KNOWN - DAY, actor=kept.SCHEDULE)
    make(empty, KNOWN)
    by_hand = []
    for number in range(kept.KEEP_BY_HAND + 2):
        by_hand.append(ask(empty, KNOWN, KNOWN - number * SECOND))
        make(empty, KNOWN)
    with writing(empty) as connection:
        assert kept.forget(connection, KNOWN) == 2
        rows = kept.listed(connection, "heling", ["month"], 100, None)
    assert sorted(row.id for row in rows) == [by_itself, *by_hand[:-2]]


def test_what_hinders_a_report_is_said_and_a_restart_is_no_attempt(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ask(empty, KNOWN)
    with writing(empty) as connection:
        for _ in range(kept.WAIT_AT_MOST):
            row = making.claim(connection, ["heling"], KNOWN)
            assert row is not None
            making.give_back(connection, row)
        assert kept.one(connection, "heling", number).attempts == 0
    maker = Maker(Databases(empty), Settings(), lambda _community: None)
    tries = []

    def hindered(*_: Any) -> None:
        tries.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(maker, "_ask_child", hindered)
    maker._make_waiting(empty)
    with empty.connect() as connection:
        told = kept.one(connection, "heling", number)
    assert (told.state, told.reason, len(tries)) == (kept.FAILED, "the disk is full", 3)


def test_one_that_failed_is_made_again_by_whoever_asks(empty: Engine) -> None:
    number = ask(empty, KNOWN)
    with writing(empty) as connection:
        row = making.claim(connection, ["heling"], KNOWN)
        assert row is not None
        making.fail(connection, row, "no font", KNOWN)
        assert kept.one(connection, "heling", number).reason == "no font"
    assert ask(empty, KNOWN + 1, KNOWN) == number
    with writing(empty) as connection:
        assert kept.one(connection, "heling", number).state == kept.WAITING


def test_one_that_somebody_stops_is_made_by_nobody(empty: Engine) -> None:
    number = ask(empty, KNOWN)
    with writing(empty) as connection:
        row = making.claim(connection, ["heling"], KNOWN)
        assert row is not None
        assert making.go_on(connection, row, KNOWN, 1, 4)
        kept.stop(connection, row, KNOWN)
        assert not making.go_on(connection, row, KNOWN, 2, 4)
        making.finish(connection, row, b"", [making.File("zh-CN", "pdf", b"x")], "tests", KNOWN)
        told = kept.one(connection, "heling", number)
        assert (told.state, told.reason) == (kept.FAILED, "somebody stopped it")
        with pytest.raises(Problem, match="409"):
            kept.stop(connection, row, KNOWN)
        assert kept.files_of(connection, [number]) == {}


def test_one_whose_maker_is_gone_is_taken_over_and_the_former_writes_nothing_more(empty: Engine) -> None:
    number = ask(empty, KNOWN)
    with writing(empty) as connection:
        former = making.claim(connection, ["heling"], KNOWN)
        assert making.claim(connection, ["heling"], KNOWN + making.LEASE) is None
        assert making.claim(connection, ["heling"], KNOWN + making.LEASE + 1) is not None
        assert former is not None
        making.finish(connection, former, b"", [making.File("zh-CN", "pdf", b"x")], "tests", KNOWN)
        assert kept.one(connection, "heling", number).state == kept.MAKING
        assert kept.files_of(connection, [number]) == {}


def test_files_go_when_they_were_kept_long_enough_and_the_figures_stay(empty: Engine) -> None:
    number = ask(empty, KNOWN)
    make(empty, KNOWN)
    days = kinds()["month"].keep_days
    with writing(empty) as connection:
        assert kept.forget(connection, KNOWN + days * DAY - 1) == 0
        assert kept.forget(connection, KNOWN + days * DAY + 1) == 1
        assert kept.content(connection, number, "zh-CN", "pdf") == (
            None,
            kept.files_of(connection, [number])[number][0]["sha256"],
        )
        again = kept.again(connection, "heling", number, KNOWN + days * DAY + 2)
        assert again.state == kept.WAITING
        claimed = making.claim(connection, ["heling"], KNOWN + days * DAY + 3)
        assert claimed is not None
        assert claimed.figures == b"figures"


DUE: Instant = parse_rfc3339("2026-11-02T06:00:00+08:00")
"""A Monday: a week is due now, a month was yesterday, a day is at 07:30."""


def asked_by_itself(engine: Engine) -> list[tuple[str, str, Instant]]:
    """What was asked for by nobody."""
    with engine.connect() as connection:
        rows = kept.listed(connection, "heling", list(kinds()), 50, None)
    return sorted((row.kind, row.period, row.known_at) for row in rows if row.actor == kept.SCHEDULE)


def test_what_is_due_is_asked_for_once_as_it_was_known_when_it_was_due(empty: Engine) -> None:
    maker = Maker(Databases(empty), Settings(), lambda _community: None, since=DUE - HOUR)
    maker.ask_due("heling", DUE - 1)
    assert asked_by_itself(empty) == []
    for late in (0, HOUR, HOUR):
        maker.ask_due("heling", DUE + late)
    assert asked_by_itself(empty) == [("week", "2026-W44", DUE)]
    maker.ask_due("heling", DUE + 3 * DAY)
    day = DUE + 2 * DAY + 90 * 60 * SECOND
    assert asked_by_itself(empty) == [("day", "2026-11-03", day), ("week", "2026-W44", DUE)]


def test_after_a_pause_the_newest_that_was_due_is_made_up_for(empty: Engine) -> None:
    Maker(Databases(empty), Settings(), lambda _community: None, since=DUE - HOUR).ask_due("heling", DUE)
    later = DUE + 15 * DAY
    Maker(Databases(empty), Settings(), lambda _community: None, since=later).ask_due("heling", later)
    newest = [one for one in asked_by_itself(empty) if one[0] == "week"]
    assert newest == [("week", "2026-W44", DUE), ("week", "2026-W46", DUE + 14 * DAY)]
    assert [one[1] for one in asked_by_itself(empty) if one[0] == "day"] == ["2026-11-15"]


def test_the_first_one_is_made_also_where_the_process_began_after_it_was_due(empty: Engine) -> None:
    with writing(empty) as connection:
        row = {"seq": 1, "at": DUE - DAY, "actor": "user:a", "action": "x", "object": "", "detail": "", "hash": ""}
        connection.execute(insert(audit.audit).values(row))
    Maker(Databases(empty), Settings(), lambda _community: None, since=DUE + HOUR).ask_due("heling", DUE + HOUR)
    assert ("week", "2026-W44", DUE) in asked_by_itself(empty)


def test_a_clock_that_was_ahead_once_holds_nothing_up(empty: Engine) -> None:
    for since in (DUE - HOUR, DUE + 400 * DAY):
        maker = Maker(Databases(empty), Settings(), lambda _community: None, since=since)
        maker.ask_due("heling", DUE + 400 * DAY if since < DUE else DUE + 7 * DAY)
    assert {("week", "2026-W45", DUE + 7 * DAY)} <= set(asked_by_itself(empty))
    with writing(empty) as connection:
        kept.put_schedule(connection, "heling", "week", True, "user:a", DUE + 400 * DAY)
    Maker(Databases(empty), Settings(), lambda _community: None).ask_due("heling", DUE + 14 * DAY)
    assert ("week", "2026-W46", DUE + 14 * DAY) in asked_by_itself(empty)


def test_what_is_switched_off_is_not_made_and_not_made_up_for(empty: Engine) -> None:
    maker = Maker(Databases(empty), Settings(), lambda _community: None, since=DUE - HOUR)
    for enabled, moment in ((False, DUE - 1), (True, DUE + HOUR)):
        with writing(empty) as connection:
            kept.put_schedule(connection, "heling", "week", enabled, "user:a", moment)
        maker.ask_due("heling", DUE + 70 * 60 * SECOND)
        assert asked_by_itself(empty) == []
    maker.ask_due("heling", DUE + 7 * DAY)
    assert ("week", "2026-W45", DUE + 7 * DAY) in asked_by_itself(empty)


def test_no_person_and_no_word_of_a_mediation_is_in_a_report(october: Gathered) -> None:
    told = kept.packed(october)
    assert not re.search(rb"user:|token:", kept.zlib.decompress(told))
