"""What anybody may take of this process at once: one table of numbers for every edge.

Each number is a setting (the table ``budgets``), read once at the start and in force for the whole
process. Bytes, seconds and counts; a megabyte is 1024 * 1024 bytes. Read them where they are used,
as ``budgets.current().photo_bytes``, not when a module is imported: settings come later than imports.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """The numbers. docs/operations.md tells what each is for; a test checks that it does."""

    # What a request brings.
    url_bytes: int = 8 * KIB
    header_bytes: int = 32 * KIB
    header_seconds: float = 15.0
    body_bytes: int = 64 * KIB
    page_body_bytes: int = 2 * MIB
    table_bytes: int = 8 * MIB
    photo_bytes: int = 16 * MIB
    survey_bytes: int = 64 * MIB
    bodies_megabytes: int = 192
    body_seconds: float = 15.0
    body_bytes_a_second: int = 4 * KIB
    unread_seconds: float = 30.0

    # What foreign files become when they are opened.
    photo_pixels: int = 80_000_000
    photo_megabytes: int = 512
    photo_seconds: float = 20.0
    archive_members: int = 200
    archive_megabytes: int = 256
    archive_ratio: int = 100
    survey_features: int = 200_000
    survey_megabytes: int = 1_536
    survey_seconds: float = 120.0
    table_rows: int = 20_000
    table_columns: int = 200
    table_cells: int = 1_000_000
    table_megabytes: int = 512
    table_seconds: float = 30.0
    communities: int = 100
    community_file_bytes: int = 16 * MIB
    children: int = 2
    child_wait_seconds: float = 5.0

    # What an answer holds.
    list_bytes: int = 4 * MIB
    payload_bytes: int = 4 * KIB
    export_rows: int = 50_000
    period_days: int = 3_660
    stranger_period_days: int = 400
    replay_minutes: int = 120
    replay_records: int = 8_000
    replay_seconds: float = 0.5
    replay_at_once: int = 1
    replay_kept_records: int = 50_000
    replay_marks: int = 400
    open_entities: int = 5_000
    open_readings: int = 20_000
    open_seconds: float = 10.0
    open_at_once: int = 1
    open_waiting: int = 64
    open_wait_seconds: float = 5.0

    # How often, and how many at once.
    stranger_questions_a_minute: int = 1_200
    stranger_questions_at_once: int = 2_400
    stranger_past_at_once: int = 1
    stranger_past_wait_seconds: float = 5.0
    addresses: int = 4_096
    hashes: int = 2
    hash_wait_seconds: float = 3.0
    workers: int = 2
    workers_of_signed_in: int = 1
    waiting: int = 256
    wait_seconds: float = 0.8
    write_wait_seconds: float = 3.0
    page_connections: int = 6
    background_connections: int = 4
    connections: int = 4_000
    connections_an_address: int = 1_000
    sockets: int = 2_000
    sockets_an_address: int = 500
    socket_message_bytes: int = 1 * KIB
    snapshot_seconds: float = 1.0
    device_metrics: int = 200
    mqtt_connections: int = 12_000
    mqtt_sessions_a_device: int = 8
    mqtt_silent: int = 500
    mqtt_connect_seconds: float = 10.0

    # What a report takes of the machine, and how long who asks for one waits for it.
    report_seconds: float = 600.0
    report_megabytes: int = 3_072
    report_wait_seconds: float = 45.0

    # What this process gives to others.
    webhook_seconds: float = 10.0
    webhook_answer_bytes: int = 4 * KIB
    webhooks: int = 16
    phones: int = 8
    silent_process_seconds: float = 60.0
    backup_seconds: float = 3_600.0
    backup_log_megabytes: int = 4_096
    history_megabytes: int = 256


_in_force = Budgets()


def current() -> Budgets:
    """The numbers in force."""
    return _in_force


def configure(given: Mapping[str, float]) -> None:
    """Put numbers of the operator's own in the place of the defaults; those that are not named keep theirs.

    Raises
    ------
    ValueError
        Naming the number that does not exist or cannot be.
    """
    global _in_force
    _in_force = with_numbers(given)


def with_numbers(given: Mapping[str, float]) -> Budgets:
    """The defaults with these numbers in their place; `ValueError` as `configure` has it."""
    defaults = asdict(Budgets())
    found: dict[str, float] = {}
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"{name!r} is no budget; known are {', '.join(field.name for field in fields(Budgets))}")
        if not 0 < value < float("inf"):
            raise ValueError(f"the budget {name!r} is {value}; it should be a number above 0")
        if isinstance(defaults[name], int):
            if value != int(value):
                raise ValueError(f"the budget {name!r} is {value}; it should be a whole number")
            value = int(value)
        found[name] = value
    return replace(Budgets(), **found)  # type: ignore[arg-type]
