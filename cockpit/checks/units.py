"""What systemd lets the units of an installation write: their own folder, and what a drop-in names beside it."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from cockpit.checks.finding import Amiss, Finding
from cockpit.settings import Settings, load

STATE = Path("/var/lib/cim-cockpit")
"""Theirs without a word (``StateDirectory=``), and where they work."""
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - told of, not written to
"""What they do not see at all (``ProtectHome=``, ``PrivateTmp=``)."""
SYSTEMD = Path("/run/systemd/system")
ASKED = ("systemctl", "show", "cim-cockpit*.service", "--property=Id,ProtectSystem,ReadWritePaths")
ASKED_S = 10
LET_WRITE = "/opt/cim-cockpit/current/let-write.sh"


def written(settings: Settings) -> list[Path]:
    """The folders outside of their own that the settings have the units write to."""
    target = settings.backup_target
    named = [settings.data_dir, *([Path(target)] if target is not None and target.startswith("/") else [])]
    for url in (settings.database, *settings.community_databases.values()):
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            named.append(Path(str(address.database)).parent)
    outside = {STATE / one for one in named if not (STATE / one).is_relative_to(STATE)}
    return sorted(one for one in outside if not any(one != other and one.is_relative_to(other) for other in outside))


def drop_in(settings: Settings) -> str:
    """What lets the units write them; nothing where there are none.

    A folder that is not there yet (a mount that is away) keeps no unit from starting.
    """
    lines = [f'ReadWritePaths="-{_escaped(one)}"' for one in written(settings)]
    return "\n".join(["# By let-write.sh, of what cockpit.toml names.", "[Service]", *lines, ""]) if lines else ""


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def units(settings: Settings) -> str:
    """Whether the units that run may write what the settings name: `cockpit` by hand may, since nothing confines it."""
    wanted = written(settings)
    if not SYSTEMD.is_dir():
        return "systemd does not run here"
    unseen = [one for one in wanted if any(one.is_relative_to(place) for place in HIDDEN)]
    findings = [*map(_unseen, unseen), *_kept_from([one for one in wanted if one not in unseen])]
    if findings:
        raise Amiss(*findings)
    return f"they may write {', '.join(str(one) for one in [STATE, *wanted])}"


def _unseen(one: Path) -> Finding:
    what = f"no unit sees {one}, whatever may be written there by hand"
    return Finding(what, str(one), "name a folder elsewhere, as below /srv or /mnt, and move what is there")


def _kept_from(wanted: list[Path]) -> Iterator[Finding]:
    for unit in shown().split("\n\n"):
        told = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
        may = [one.lstrip("-+") for one in shlex.split(told.get("ReadWritePaths", ""))]
        kept = [str(one) for one in wanted if not any(one.is_relative_to(place) for place in may)]
        if told.get("ProtectSystem") == "strict" and kept:
            name = told.get("Id", "")
            todo = f"sh {LET_WRITE}, then systemctl restart {name}"
            yield Finding(f"it may not write {', '.join(kept)}, though by hand it works", name, todo)


def shown() -> str:
    """What systemd says of the units that it has loaded, a paragraph each; nothing where it does not answer."""
    try:
        return subprocess.run(ASKED, capture_output=True, text=True, timeout=ASKED_S, check=False).stdout  # noqa: S603 - our own words
    except (OSError, subprocess.TimeoutExpired):
        return ""


if __name__ == "__main__":
    print(drop_in(load()), end="")
