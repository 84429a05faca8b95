"""How this system itself fares, for the rules of alarms: disk, lag, backup, certificate."""

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography import x509

from cockpit.settings import Settings

BACKED_UP = "backed-up"
"""A file in the data folder, written anew by each backup."""
HOUR_S, DAY_S = 3_600, 86_400


def own_figures(settings: Settings, lag_s: Callable[[], float]) -> Callable[[], Mapping[str, float]]:
    """Asks for them; what cannot be known is left out: a backup that another tool makes, a broker without TLS."""

    def ask() -> Mapping[str, float]:
        usage = shutil.disk_usage(settings.data_dir)
        found = {"system.disk_free": 100 * usage.free / usage.total, "system.lag": lag_s()}
        with contextlib.suppress(OSError):
            backed_up = (settings.data_dir / BACKED_UP).stat().st_mtime
            found["system.backup_age"] = max(0.0, time.time() - backed_up) / HOUR_S
        if settings.mqtt_certificate is not None:
            with contextlib.suppress(OSError, ValueError):
                found["system.certificate_days"] = _days_left(settings.mqtt_certificate)
        return found

    return ask


def _days_left(certificate: Path) -> float:
    """Of the first certificate in a file."""
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (read.not_valid_after_utc.timestamp() - time.time()) / DAY_S
