"""The process that makes one report: run as ``python -m cockpit.reports.child``, bounded, and then gone.

It is asked by its standard input. How far it has come it says on its standard output, a line a step, and why it could
not at last; what it made lies in the folder that it was given.
"""

import os
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from cockpit.reports import fonts, kept, making
from cockpit.reports.gather import Gathered, gather
from cockpit.reports.kinds import period
from store.instant import Instant
from store.language import LANGUAGES

FIGURES, MADE_WITH = "figures", "made_with"
NICE = 10
FILE_MEGABYTES = 1_024
FAILED = 1


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made: ``figures`` are those of a report that was made before, None: they are to be gathered."""

    settings: dict[str, Any]
    parent: int
    folder: str
    community: str
    kind: str
    period: str
    known_at: Instant
    megabytes: int
    seconds: float
    figures: bytes | None = None


def main() -> int:
    """Make what is asked; returns the exit code."""
    from store.sandbox import confine

    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    confine.end_with(asked.parent)
    os.nice(NICE)
    confine.limit(asked.megabytes, asked.seconds, FILE_MEGABYTES)
    try:
        _make(asked, Path(asked.folder))
    except MemoryError:
        return _failed(f"it takes more than {asked.megabytes} MiB of memory")
    except fonts.NoFont as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told and can try again
        traceback.print_exc()
        return _failed(making.why(error))
    return 0


def _failed(reason: str) -> int:
    print("failed", reason, flush=True)
    return FAILED


def _make(asked: Request, folder: Path) -> None:
    from cockpit.settings import Settings

    settings = Settings(**asked.settings)
    # Looked for first: without one there is nothing to gather for.
    one = fonts.font(settings.report_font)
    known = kept.unpacked(asked.figures) if asked.figures is not None else _gathered(asked, settings)
    (folder / FIGURES).write_bytes(kept.packed(known))
    _set(known, one, folder)


def _set(known: Gathered, one: fonts.Font, folder: Path) -> None:
    from cockpit.reports.paper import pdf
    from cockpit.reports.workbook import xlsx

    total = len(known.sections) + len(LANGUAGES)
    for number, language in enumerate(LANGUAGES, len(known.sections) + 1):
        (folder / f"{language}.pdf").write_bytes(pdf(known, language, one))
        (folder / f"{language}.xlsx").write_bytes(xlsx(known, language))
        _say(number, total)
    with_ = f"cockpit {known.version}, typst {version('typst')}, {one.label}"
    (folder / MADE_WITH).write_text(with_, encoding="utf-8")


def _gathered(asked: Request, settings: Any) -> Gathered:
    from cockpit.opening import open_databases
    from cockpit.resources import take_calendar, take_communities
    from cockpit.sealing import seal
    from layers.visitors import capacity
    from store import budgets

    budgets.configure(settings.budgets)
    take_communities(settings)
    take_calendar(settings)
    capacity.configure(settings.site_capacity)
    databases = open_databases(settings, (asked.community,))
    engine = databases.of(asked.community)
    # All sections of one moment: what is written meanwhile is in none of them.
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**level) as connection:
        return _whole(connection, asked, settings, seal(settings, databases), version("cim-cockpit"))


def _whole(connection: Connection, asked: Request, settings: Any, key: Any, version: str) -> Gathered:
    of = period(asked.kind, asked.period)
    return gather(
        connection,
        asked.community,
        asked.kind,
        of,
        asked.known_at,
        key,
        version,
        lambda done, steps: _say(done, steps + len(LANGUAGES)),
    )


def _say(done: int, steps: int) -> None:
    print("step", done, steps, flush=True)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)
