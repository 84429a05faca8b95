"""One table says of everything that is stored how long it is kept, and what clears keeps to it."""

import tomllib
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Engine, inspect

from cockpit.people import devices, sessions
from cockpit.reports.kinds import kinds
from cockpit.settings import Settings
from layers.declare import layers
from store.instant import DAY
from store.metadata import BEYOND
from store.retention import period_of, retention
from tests.database import new_database

OURS = ("alembic_version",)


def test_every_table_of_the_schema_has_a_period_and_a_reason(tmp_path: Path) -> None:
    assert layers(), "each tells of its tables, and of those that no schema describes"
    engine: Engine = new_database(tmp_path)
    names = {
        name for name in inspect(engine).get_table_names() if name not in OURS and not name.startswith(tuple(BEYOND))
    }
    engine.dispose()
    assert names == retention().keys()
    for words in ({row.name for row in retention().values()}, {row.name_en for row in retention().values()}):
        assert len(words) == len(names), "a name tells one table from another"
    for name, row in retention().items():
        assert all((row.name, row.name_en, row.reason, row.reason_en)), name
        assert (row.of in names) == (row.keep == "with"), name
        assert (row.days or row.setting) if row.keep == "days" else not row.days, name


def test_what_clears_keeps_to_it() -> None:
    defaults = Settings.model_fields
    for name, row in retention().items():
        if row.setting is not None:
            assert defaults[row.setting].default == row.days, name
    assert (period_of("user_session"), period_of("known_device")) == (sessions.LONGEST, devices.KEPT)
    assert max(kind.keep_days for kind in kinds().values()) * DAY == period_of("report")


def test_what_is_of_residents_or_has_a_period_is_told() -> None:
    told = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    section = told.partition("## What is kept, and for how long")[2].partition("\n## ")[0]
    rows = {name for name, row in retention().items() if row.keep == "days" or row.personal == "resident"}
    assert {name for name in rows if f"`{name}`" in section} == rows
    assert tomllib.loads((files("store") / "retention.toml").read_text(encoding="utf-8")).keys() == retention().keys()
