"""The machine under the cockpit: its clock, fonts, who may read what, what confines foreign files."""

import ctypes
import stat
from collections.abc import Iterator
from pathlib import Path

from cockpit.checks.finding import Amiss, Finding, look, setting, wrong
from cockpit.settings import Settings, settings_file
from store.sandbox import ask

TIMEX_BYTES = 256
UNSYNCHRONISED = 5
"""What adjtimex(2) answers where nobody disciplines the clock (TIME_ERROR)."""
OTHERS = stat.S_IROTH | stat.S_IWOTH


def clock(_settings: Settings) -> str:
    """Whether this machine's clock follows a time server."""
    return synchronised(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))


def synchronised(answer: int) -> str:
    """What adjtimex(2) answered, in words.

    Raises
    ------
    Amiss
        Where the clock goes by itself: limits, sign-in by a provider and everybody's tokens go by it.
    """
    if answer == UNSYNCHRONISED:
        todo = "let it follow the township's time server: systemd-timesyncd, NTP= in /etc/systemd/timesyncd.conf"
        raise look("no time server sets this machine's clock", "the kernel (timedatectl)", todo)
    return "follows a time server" if answer >= 0 else "this machine does not say"


def foreign_files(_settings: Settings) -> str:
    """What confines the process that opens files of strangers."""
    there = ask.layers()
    missing = [name for name in ("Landlock", "seccomp") if name not in there]
    without = f"; this machine has no {', no '.join(missing)}" if missing else ""
    return f"read in a process of its own, with limits, {', '.join(there)}{without}"


def font(settings: Settings) -> str:
    """The font that reports are set in."""
    # What reads fonts only this needs, and no other command waits for it.
    from cockpit.reports import fonts

    try:
        one = fonts.font(settings.report_font)
    except fonts.NoFont as error:
        todo = "apt-get install fonts-noto-cjk (a bundle brings it), or name a font's file"
        raise wrong(str(error), setting("report_font"), todo) from None
    return f"reports are set in {one.family}, {one.regular}"


def permissions(settings: Settings) -> str:
    """Who may read secrets and data, and whether one owner has all that the cockpit writes."""
    findings = [*_readable(settings), *_owners(settings.data_dir)]
    if findings:
        raise Amiss(*findings)
    return "secrets and data are for their owner"


def _readable(settings: Settings) -> Iterator[Finding]:
    secrets = {
        "the seal's key": settings.seal_key,
        "the provider's secret": settings.oidc_client_secret_file,
        "the key of TLS": settings.mqtt_key,
        "the settings": settings_file(),
        "the data folder": settings.data_dir,
    }
    for name, path in secrets.items():
        if path is not None and path.exists() and is_open(path):
            yield Finding(f"everybody on this machine may read {name}", str(path), f"chmod o-rwx {path}")


def is_open(path: Path) -> bool:
    """Whether everybody may read or write what is there: by its own mode, and by all folders above."""
    try:
        ways = [parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents]
        return bool(path.stat().st_mode & OTHERS) and all(ways)
    except OSError:
        return False


def _owners(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    owner = folder.stat().st_uid
    strange = sorted(path.name for path in folder.iterdir() if path.stat().st_uid != owner)
    if strange:
        what = f"{', '.join(strange[:3])}: not the folder's owner's, as after a command of root"
        yield Finding(what, str(folder), f"stop the cockpit, chown -R --reference={folder} {folder}, start it")
