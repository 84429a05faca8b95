"""How the system itself fares, as rules of alarms are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from cockpit.own_figures import own_figures
from cockpit.settings import Settings
from store.engine import open_engine
from tests.database import new_database


def test_disk_and_lag_are_known_backup_and_certificate_where_there_is_one(tmp_path: Path) -> None:
    found = own_figures(Settings(data_dir=tmp_path), new_database(tmp_path), lambda: 7.0)()
    assert found.keys() == {"system.disk_free", "system.lag", "system.archive_late"}
    assert 0 < found["system.disk_free"] < 100
    assert found["system.lag"] == 7.0


def test_a_database_that_is_away_leaves_the_rest_known(tmp_path: Path) -> None:
    away = open_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert own_figures(Settings(data_dir=tmp_path), away, lambda: 7.0)().keys() == {
        "system.disk_free",
        "system.lag",
        "system.archive_late",
    }


def test_how_long_the_certificate_holds_is_told(tmp_path: Path) -> None:
    ends = datetime.now(UTC) + timedelta(days=10)
    chain = tmp_path / "chain.pem"
    trustme.CA().issue_cert("cockpit.example", not_after=ends).cert_chain_pems[0].write_to_path(chain)
    found = own_figures(Settings(data_dir=tmp_path, mqtt_certificate=chain), new_database(tmp_path), lambda: 0.0)()
    assert 9.9 < found["system.certificate_days"] < 10.1
