"""What an event is called: by those who wrote it as they did, else in the language of who reads."""

from sqlalchemy import Engine, select

from layers.grid_events import export, queries, write
from layers.grid_events.queries import Filter
from layers.grid_events.told import properties, record
from sensors.intake.batch import Filing
from store.engine import writing
from store.instant import now
from store.language import ENGLISH, Word, speaking
from store.notices import notice
from tests.layers.test_grid_events import file

FROST = Filing(
    community="heling",
    kind="alarm",
    ref="a1",
    category="safety.fire",
    severity="major",
    title=Word("气温降至 0 °C 以下 · 两头门", "Below 0 °C · 两头门"),
    detail=Word("温度 -1.2 °C · 限值 0 °C", "Temperature -1.2 °C · limit 0 °C"),
    occurred=1,
)


def test_what_an_alarm_opened_is_told_in_both_languages_wherever_events_are(engine: Engine) -> None:
    with writing(engine) as connection:
        number, _ = write.file_for(connection, FROST, now())
    with engine.connect() as connection:
        (row,) = queries.find(connection, "heling", Filter(words=("below",)), limit=9)
        titles = connection.execute(select(notice.c.title, notice.c.title_en)).all()
    told, live = properties(row), record(row, {})
    assert (row.id, told["title"], told["title_en"]) == (number, *FROST.title)
    assert (told["detail"], told["detail_en"]) == FROST.detail
    assert (live["title"], live["title_en"]) == FROST.title
    assert {tuple(one) for one in titles} <= {tuple(FROST.title)}
    with speaking(ENGLISH):
        sheet = export.table([row], "heling", "csv").decode()
    assert FROST.title.name_en in sheet
    assert FROST.detail.name_en in sheet
    assert "限值" not in sheet


def test_a_report_without_words_of_its_own_is_called_by_its_category(engine: Engine) -> None:
    file(engine, "1", title="路灯照明", category="facility.lighting")
    file(engine, "2", title="Street lighting", category="facility.lighting")
    file(engine, "3", title="路灯不亮", category="facility.lighting")
    with engine.connect() as connection:
        rows = queries.find(connection, "heling", Filter(), limit=9)
    called = {row.reporter_ref: (told["title"], told["title_en"]) for row in rows for told in [properties(row)]}
    by_category = ("路灯照明", "Street lighting")
    assert called == {"1": by_category, "2": by_category, "3": ("路灯不亮", "路灯不亮")}
