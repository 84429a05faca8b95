"""What can be wrong with a place, or with a file of places."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


class BadPosition(ValueError):
    """A position that is not on the Earth, or in a system that we do not know."""


class UnknownCommunity(LookupError):
    """A community that does not ship and was not configured."""


class BadCommunity(ValueError):
    """A folder that cannot be a community: the file, the key or feature, and why, in one line."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a feature of a file; ``feature`` is its number from 1, 0 for the whole file.

    ``kind`` is a row of faults.toml, ``given`` what fills its words in.
    """

    feature: int
    code: str
    kind: str
    given: Mapping[str, str] = field(default_factory=dict)

    def told(self, language: str) -> str:
        """What is wrong and what would mend it, in ``en`` or ``zh``."""
        row = fault_words()[self.kind]
        repair = row.get(f"{language}_repair")
        parts = [row[language].format(**self.given)] + ([repair.format(**self.given)] if repair else [])
        text = ("；" if language == "zh" else "; ").join(parts)
        if not self.feature:
            return text
        if language == "zh":
            return f"第 {self.feature} 个要素{f'（{self.code}）' if self.code else ''}：{text}"
        return f"feature {self.feature}{f' ({self.code})' if self.code else ''}: {text}"

    def __str__(self) -> str:
        return self.told("en")


@cache
def fault_words() -> dict[str, dict[str, str]]:
    """faults.toml as it stands."""
    return tomllib.loads((files("geo") / "faults.toml").read_text(encoding="utf-8"))


class SurveyFaults(ValueError):
    """A survey file that cannot be imported, with every fault.

    ``layers`` are those of the file, name and count, where somebody must choose one.
    """

    def __init__(self, faults: list[Fault], layers: Sequence[tuple[str, int]] = ()) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults
        self.layers = list(layers)


class BadBaseMap(ValueError):
    """A file that cannot serve as the base map, and why."""
