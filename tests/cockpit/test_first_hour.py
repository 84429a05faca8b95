"""The checklist of the first hour: each step is seen in the database, and each is of a table that there is."""

from sqlalchemy import Engine, insert

from cockpit.backups import kept
from cockpit.first_hour.steps import count, steps
from cockpit.people import displays, users
from geo.tables import ground_current
from store.engine import writing

HELING = "heling"


def test_nothing_is_done_in_a_new_database(engine: Engine) -> None:
    with engine.connect() as connection:
        assert {count(connection, one, HELING) for one in steps().values()} == {0}


def test_a_step_is_done_once_its_rows_are_there(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("boss", "li"):
            users.add(connection, name, "admin", ["*"], "tests")
        connection.execute(insert(ground_current).values(community=HELING, layer="grids", version_id=3))
        displays.add(connection, "hall", HELING, "tests")
        kept.note(connection, "/backups", "tests", "/backups/made", 4096, 10)
        done = {code for code, one in steps().items() if count(connection, one, HELING) >= one.at_least}
    assert done == {"people", "grids", "display", "backup"}


def test_what_was_taken_back_or_belongs_to_another_community_counts_for_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(ground_current).values(community=HELING, layer="grids", version_id=0))
        displays.add(connection, "hall", "tahai", "tests")
        displays.add(connection, "gone", HELING, "tests")
        displays.revoke(connection, "gone", "tests")
        for code in ("grids", "display"):
            assert count(connection, steps()[code], HELING) == 0
