"""What can be wrong with a place, or with a file of places."""

from dataclasses import dataclass


class BadPosition(ValueError):
    """A position that is not on the Earth, or in a system that we do not know."""


class UnknownCommunity(LookupError):
    """A community that does not ship and was not configured."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a feature of a file; ``feature`` is its number from 1, 0 for the whole file.

    ``repair`` says what would mend it, "" where nobody can tell.
    """

    feature: int
    code: str
    what: str
    repair: str = ""

    def __str__(self) -> str:
        where = f"feature {self.feature}{f' ({self.code})' if self.code else ''}: " if self.feature else ""
        return f"{where}{self.what}{f'; {self.repair}' if self.repair else ''}"


class SurveyFaults(ValueError):
    """A survey file that cannot be imported, with every fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class BadBaseMap(ValueError):
    """A file that cannot serve as the base map, and why."""
