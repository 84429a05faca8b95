"""The garbage collector, kept from what stays for as long as the process does."""

import contextlib
import gc
from collections.abc import Iterator


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


def leave() -> None:
    """Before the process ends, which would walk everything twice more."""
    gc.freeze()
