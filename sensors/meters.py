"""Meters of the device side, in Prometheus' own terms. Names are listed in docs/operations.md."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

RECEIVED = Counter("cockpit_messages_received_total", "Messages from devices that were stored or quarantined")
READINGS = Counter("cockpit_readings_stored_total", "Readings that were new and are committed")
REFUSED = Counter("cockpit_messages_refused_total", "Messages that went to the quarantine", ["reason"])
UNFORESEEN = Counter("cockpit_unforeseen_errors_total", "Errors that nobody foresaw; the part went on", ["part"])
CUT_BACK = Counter("cockpit_cut_back_total", "How often a device that sends too fast was read more slowly, or shut out")
ARCHIVED = Counter("cockpit_readings_archived_total", "Readings of months that are past that went to files")
NOT_ARCHIVED = Counter("cockpit_archive_failures_total", "Turns of archiving that failed; the next one tries again")
COMMIT_SECONDS = Histogram(
    "cockpit_commit_seconds",
    "Seconds from the start of a batch to its commit",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
BATCH_SIZE = Histogram(
    "cockpit_batch_messages",
    "Messages in one transaction",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
DUTY_DONE = Gauge("cockpit_duty_done_timestamp_seconds", "When a duty was last done", ["duty"])
DUTY_FAILED = Counter("cockpit_duty_failures_total", "How often a duty could not be done; it is tried again", ["duty"])


@contextmanager
def duty(name: str) -> Iterator[None]:
    """What is to be done again and again: when it was last done, and how often it could not be."""
    try:
        yield
    except Exception:
        DUTY_FAILED.labels(name).inc()
        raise
    DUTY_DONE.labels(name).set_to_current_time()
