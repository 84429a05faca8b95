"""The garbage collector, kept from what stays for as long as the process does; and memory, given back to the system.

What Python is done with lies as holes between what it still has, in the heaps of the C library (glibc), one for each
thread: a process that holds no more than before would grow for months.
"""

import contextlib
import ctypes
import gc
import threading
from collections.abc import Iterator

HEAPS = 2
"""Of the C library's, for all threads together, of which one runs at a time in any case."""
M_ARENA_MAX = -8
"""mallopt(3)."""
GIVE_BACK_S = 60.0


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """While modules are imported: else a third of that time goes by in walking again what was imported before."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Once all is built that serves: a walk through it all, in the middle of serving, would hold up every device."""
    gc.collect()
    gc.freeze()
    threading.Thread(target=_give_back_again_and_again, name="memory", daemon=True).start()


def leave() -> None:
    """Before the process ends, which would walk everything twice more."""
    gc.freeze()


def share_heaps() -> None:
    """Have threads take memory from few heaps; before there are any. Another C library than glibc is left as it is."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(M_ARENA_MAX, HEAPS)


def give_back() -> None:
    """Give the system all whole pages that nothing is in; takes milliseconds, and others go on meanwhile."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _give_back_again_and_again() -> None:
    never = threading.Event()
    while not never.wait(GIVE_BACK_S):
        give_back()
