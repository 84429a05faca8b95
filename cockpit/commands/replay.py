"""``cockpit replay``."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from cockpit.commands.options import settings
from cockpit.commands.run import devices_address
from cockpit.system import open_database
from sensors import recording
from sensors.replay import Replay


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording; see docs/devices.md for its form.")],
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="How fast it plays; 1 is real time.")] = 1,
) -> None:
    """Publish a recording as devices, to a cockpit that runs, until interrupted."""
    found = settings()
    playing = Replay(open_database(found), devices_address(found), [recording.read(file)], speed)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    playing.start()
    typer.echo(f"{file}: 回放中，Ctrl-C 结束")
    ended.wait()
    playing.stop()
