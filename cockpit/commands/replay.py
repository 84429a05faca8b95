"""``cockpit replay``."""

from pathlib import Path
from typing import Annotated

import typer

from cockpit.commands.options import databases, settings
from cockpit.resources import devices_address


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording; see docs/devices.md for its form.")],
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="How fast it plays; 1 is real time.")] = 1,
) -> None:
    """Publish a recording as devices, to a cockpit that runs, until interrupted."""
    # Here, not above: the tables of a recording are read with pandas, which the other commands need not wait for.
    from sensors.replay import recording
    from sensors.replay.replay import Replay

    found = settings()
    playing = Replay(databases().of(recording.COMMUNITY), devices_address(found), [recording.read(file)], speed)
    typer.echo(f"{file}: replaying, Ctrl-C ends it")
    playing.run()
