"""``cockpit quarantine list|show|play-back``."""

import sys
from base64 import b64encode
from typing import Annotated, Any

import typer
from sqlalchemy import Row

from cockpit.commands.options import Json, answer, codecs, databases
from cockpit.errors import BadSetting
from sensors.intake import quarantine
from sensors.intake.quarantine import Filter
from sensors.refusal import Reason
from store.instant import SHANGHAI, Instant, format_rfc3339, to_datetime

app = typer.Typer(help="Refused messages: look at them, and play them back.", no_args_is_help=False)

Community = Annotated[str | None, typer.Option(help="Only this community's.")]
DeviceOption = Annotated[str | None, typer.Option(help="Only this device's.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help=f"Only these: {', '.join(Reason)}.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")]


@app.command("list")
def list_(
    community: Community = None,
    device: DeviceOption = None,
    reason: ReasonOption = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List refused messages, newest first."""
    wanted = Filter(community, device, _known(reason))
    rows: list[Row[Any]] = []
    for engine in databases().of_all([community] if community else ()):
        with engine.connect() as connection:
            rows += quarantine.find(connection, wanted, limit)
    rows = sorted(rows, key=lambda row: (row.received, row.id), reverse=True)[:limit]
    records = [
        {
            "id": row.id,
            "received": format_rfc3339(row.received),
            "topic": row.topic,
            "sender": row.sender,
            "reason": row.reason,
            "detail": row.detail,
            "bytes": row.bytes,
        }
        for row in rows
    ]
    lines = [f"{row.id}  {_clock(row.received)}  {row.topic}  {row.reason}: {row.detail}" for row in rows]
    answer(as_json, {"messages": records}, "\n".join(lines) or "nothing was refused")


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number.")],
    community: Community = None,
    as_json: Json = False,
) -> None:
    """Print the payload of a refused message as it came; --community where that has a database of its own."""
    with databases().of(community or "").connect() as connection:
        row = quarantine.one(connection, number)
    if row is None:
        raise BadSetting(f"no refused message {number}")
    if as_json:
        record = {"id": row.id, "topic": row.topic, "reason": row.reason, "detail": row.detail}
        answer(True, record | {"payload_base64": b64encode(row.payload).decode()}, "")
    else:
        sys.stdout.buffer.write(row.payload)


@app.command("play-back")
def play_back(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID...]", help="Their numbers.")] = None,
    community: Community = None,
    device: DeviceOption = None,
    reason: ReasonOption = None,
    limit: Limit = 1000,
    as_json: Json = False,
) -> None:
    """Take refused messages again, after what was wrong is mended; the stored ones leave the quarantine."""
    # Here, not above: the layers' feeds take their time to import.
    from layers.declare import feeds
    from sensors.intake import playback

    engine = databases().of(community or "")
    ids = numbers or []
    if not ids:
        if community is None and device is None and reason is None:
            raise BadSetting("say which: their numbers, --community, --device or --reason")
        with engine.connect() as connection:
            ids = [row.id for row in quarantine.find(connection, Filter(community, device, _known(reason)), limit)]
    outcomes = playback.play_back(engine, feeds(), codecs(), ids)
    stored = sum(outcome.stored for outcome in outcomes)
    refused = [outcome for outcome in outcomes if not outcome.stored]
    lines = [f"{outcome.id}  {outcome.topic}  {outcome.why}" for outcome in refused]
    answer(
        as_json,
        {"stored": stored, "refused": [{"id": o.id, "topic": o.topic, "why": o.why} for o in refused]},
        "\n".join([*lines, f"{stored} stored, {len(refused)} still refused"]),
    )


def _clock(received: Instant) -> str:
    return f"{to_datetime(received).astimezone(SHANGHAI):%m-%d %H:%M:%S}"


def _known(reason: str | None) -> str | None:
    if reason is not None and reason not in set(Reason):
        raise BadSetting(f"--reason {reason!r} is not one of {', '.join(Reason)}")
    return reason
