"""How this system itself fares, for the rules of alarms: disk, lag, backup, certificate."""

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography import x509
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups import kept
from cockpit.settings import Settings
from sensors.readings.archive.lateness import late_h
from store.instant import HOUR, now

DAY_S = 86_400


def own_figures(settings: Settings, engine: Engine, lag_s: Callable[[], float]) -> Callable[[], Mapping[str, float]]:
    """Asks for them; what cannot be known is left out: backups where none was tried yet, a broker without TLS."""

    def ask() -> Mapping[str, float]:
        usage = shutil.disk_usage(settings.data_dir)
        found = {"system.disk_free": 100 * usage.free / usage.total, "system.lag": lag_s()}
        with contextlib.suppress(SQLAlchemyError), engine.connect() as connection:
            found |= _of_backups(connection)
        if settings.hot_months:
            found["system.archive_late"] = late_h(engine)
        if settings.mqtt_certificate is not None:
            with contextlib.suppress(OSError, ValueError):
                found["system.certificate_days"] = _days_left(settings.mqtt_certificate)
        return found

    return ask


def _of_backups(connection: Connection) -> dict[str, float]:
    last, failed = kept.last_done(connection), kept.failed_since(connection)
    found: dict[str, float] = {} if last is None and not failed else {"system.backup_failed": failed}
    if last is not None:
        found["system.backup_age"] = max(0.0, (now() - last.ended) / HOUR)
    return found


def _days_left(certificate: Path) -> float:
    """Of the first certificate in a file."""
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (read.not_valid_after_utc.timestamp() - time.time()) / DAY_S
