"""One message for whoever looks at a terminal, in a frame whose sides stand straight beside Chinese too."""

import shutil
import sys
import unicodedata
from collections.abc import Sequence

PAD = 2


def is_watched() -> bool:
    """Whether somebody looks at what is printed; else a program or a file reads it."""
    return sys.stdout.isatty()


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two (UAX #11).

    >>> columns("大屏 wall")
    9
    """
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def framed(title: str, lines: Sequence[str], width: int | None = None) -> str:
    """Lines in a frame; without its sides where it would be wider than the terminal, so that no address is cut in two.

    >>> print(framed("座舱", ["大屏 http://a/"], 40))
    ┌─ 座舱 ───────────┐
    │  大屏 http://a/  │
    └──────────────────┘
    """
    inner = max(map(columns, (f"  {title} ", *lines)))
    if inner + 2 * PAD + 2 > (width or shutil.get_terminal_size().columns):
        rule = "─" * min(inner, (width or shutil.get_terminal_size().columns) - 1)
        return "\n".join([rule, title, "", *lines, rule])
    around = inner + 2 * PAD
    head = f"─ {title} "
    top = f"┌{head}{'─' * (around - columns(head))}┐"
    middle = [f"│{' ' * PAD}{line}{' ' * (around - PAD - columns(line))}│" for line in lines]
    return "\n".join([top, *middle, f"└{'─' * around}┘"])
