"""What a child gives up before it looks at a foreign file, in the order in which that works.

Each layer stands without the others, since kernels and containers differ in what they permit; what this
machine has is told by `probe`, for ``cockpit check``.
"""

import ctypes
import os
import resource
import signal
import sysconfig
from collections.abc import Callable
from pathlib import Path

from store.sandbox import landlock, seccomp

NOBODY = 65_534
SET_PARENT_DEATH_SIGNAL, SET_NO_NEW_PRIVILEGES, DROP_FROM_BOUNDING = 1, 38, 24
LAST_CAPABILITY = 63
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITIES_V3 = 0x20080522
NEW_USERS, NEW_NETWORK, NEW_IPC = 0x10000000, 0x40000000, 0x08000000
SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/gdal", "/usr/share/proj")
"""Shared libraries and their tables, which are loaded late: encodings, coordinate systems."""

_libc = ctypes.CDLL(None, use_errno=True)


def limit(megabytes: int, seconds: float, file_megabytes: int) -> None:
    """Bound memory, processor time, and the size of any file that is written; leave no core behind."""
    for what, most in (
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    limit_files(file_megabytes)


def limit_files(megabytes: int) -> None:
    """Bound the size of any file that is written from here on; a later call takes away more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = megabytes << 20 if before == resource.RLIM_INFINITY else min(megabytes << 20, before)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def confine(folder: Path, parent: int) -> list[str]:
    """Give up everything but the folder and the libraries; returns the layers that this machine permits."""
    layers = {
        "network namespace": _leave_networks,
        "user": lambda: _become_nobody(folder),
        "capabilities": _drop_capabilities,
        # The two that follow ask for it, and a change of the user would take the second away.
        "no new privileges": lambda: _check(_libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)),
        "end with the parent": lambda: end_with(parent),
        "Landlock": lambda: landlock.restrict(libraries(), [folder]),
        "seccomp": seccomp.restrict,
    }
    return [name for name, layer in layers.items() if _holds(layer)]


def make_read_only(folder: Path) -> None:
    """Nothing is written any more but the answer; where there is no Landlock the folder's own end is near anyway."""
    _holds(lambda: landlock.restrict([folder, *libraries()]))


def libraries() -> list[Path]:
    """The folders of the language and its packages; imports and tables of the libraries are read late."""
    names = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return [path for path in map(Path, (*sorted(names), *SYSTEM)) if path.is_dir()]


def _leave_networks() -> None:
    users = 0 if os.geteuid() == 0 else NEW_USERS
    _check(_libc.unshare(users | NEW_NETWORK | NEW_IPC))


def _become_nobody(folder: Path) -> None:
    if os.geteuid() != 0:
        raise OSError("not root")
    closed = [path for path in libraries() if not _is_open_to_all(path)]
    if closed:
        raise OSError(f"{closed[0]} is not open to all")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _is_open_to_all(path: Path) -> bool:
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (path, *path.parents))


def _drop_capabilities() -> None:
    for number in range(LAST_CAPABILITY + 1):
        _libc.prctl(DROP_FROM_BOUNDING, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    none = (ctypes.c_uint32 * 6)()
    _check(_libc.syscall(CAPSET[os.uname().machine], ctypes.byref(header), ctypes.byref(none)))


def end_with(parent: int) -> None:
    """Be killed when the process that asked ends; it may have ended already."""
    _check(_libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
    if os.getppid() not in (parent, 0):
        raise SystemExit(1)


def _check(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _holds(layer: Callable[[], None]) -> bool:
    try:
        layer()
    except (OSError, KeyError):
        return False
    return True
