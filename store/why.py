"""An error in one line."""

import re

CLASS = re.compile(r"^\([\w.]+\) ")
"""With which SQLAlchemy begins what a driver said."""


def first_line(error: BaseException) -> str:
    """The first line of what an error says; its type where it says nothing, as an end of time does."""
    said = str(error).strip()
    return CLASS.sub("", said.splitlines()[0]) if said else type(error).__name__
