"""How the system itself fares, as rules of alarms are told."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from cockpit.own_figures import BACKED_UP, own_figures
from cockpit.settings import Settings


def test_disk_and_lag_are_known_backup_and_certificate_where_there_is_one(tmp_path: Path) -> None:
    found = own_figures(Settings(data_dir=tmp_path), lambda: 7.0)()
    assert found.keys() == {"system.disk_free", "system.lag"}
    assert 0 < found["system.disk_free"] < 100
    assert found["system.lag"] == 7.0


def test_the_age_of_the_last_backup_is_told(tmp_path: Path) -> None:
    (tmp_path / BACKED_UP).touch()
    two_days_ago = time.time() - 48 * 3_600
    os.utime(tmp_path / BACKED_UP, (two_days_ago, two_days_ago))
    found = own_figures(Settings(data_dir=tmp_path), lambda: 0.0)()
    assert 47.9 < found["system.backup_age"] < 48.1


def test_how_long_the_certificate_holds_is_told(tmp_path: Path) -> None:
    ends = datetime.now(UTC) + timedelta(days=10)
    chain = tmp_path / "chain.pem"
    trustme.CA().issue_cert("cockpit.example", not_after=ends).cert_chain_pems[0].write_to_path(chain)
    found = own_figures(Settings(data_dir=tmp_path, mqtt_certificate=chain), lambda: 0.0)()
    assert 9.9 < found["system.certificate_days"] < 10.1
