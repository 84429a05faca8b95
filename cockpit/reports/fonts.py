"""The font of a report: found on the machine, or named; and which characters it has.

A character that it lacks would be drawn as an empty box: `drawn` puts a mark in its place that the font does have.
"""

import hashlib
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

FOLDERS = tuple(map(Path, ("/usr/share/fonts", "/usr/local/share/fonts")))
ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
MISSING = chr(0x3013)
"""The geta: what Chinese and Japanese printers set for a character that they lack."""


class NoFont(Exception):
    """No font that has Chinese is there."""


class Font(msgspec.Struct, frozen=True):
    """A font's family with its files."""

    family: str
    regular: Path
    bold: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """Its files."""
        return [path for path in (self.regular, self.bold) if path is not None]

    @property
    def label(self) -> str:
        """By which one knows whether two reports were set in the same font."""
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in self.paths)).hexdigest()
        return f"{self.family} {digest[:12]}"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of fonts.toml."""

    family: str
    regular: str
    bold: str | None = None


def font(named: Path | None) -> Font:
    """The font to set reports in: the one that is named, else the best of fonts.toml that is installed.

    Raises
    ------
    NoFont
        In one line what to do.
    """
    if named is not None:
        if not named.is_file() or named.suffix.lower() not in ENDINGS:
            raise NoFont(f"COCKPIT_REPORT_FONT: {str(named)!r} is no TrueType or OpenType file")
        return Font(_family(named), named)
    installed = {path.name: path for path in sorted(_installed(), reverse=True)}
    for row in _known():
        if row.regular in installed:
            return Font(row.family, installed[row.regular], installed.get(row.bold or ""))
    raise NoFont("no font with Chinese: install fonts-noto-cjk, or name a font's file (COCKPIT_REPORT_FONT)")


@cache
def _known() -> tuple[Known, ...]:
    rows = tomllib.loads((files("cockpit.reports") / "fonts.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert(rows["fonts"], list[Known]))


def _installed() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)


def _opened(path: Path):  # type: ignore[no-untyped-def]
    from fontTools.ttLib import TTCollection, TTFont

    return TTCollection(path, lazy=True).fonts if path.suffix.lower() in (".ttc", ".otc") else [TTFont(path, lazy=True)]


def _family(path: Path) -> str:
    found = _opened(path)[0]["name"].getBestFamilyName()
    return str(found or path.stem)


def characters(one: Font) -> frozenset[int]:
    """The code points that the regular font of the family has."""
    for face in _opened(one.regular):
        if face["name"].getBestFamilyName() == one.family:
            return frozenset(face.getBestCmap())
    return frozenset(_opened(one.regular)[0].getBestCmap())


def drawn(text: str, known: frozenset[int]) -> str:
    """A text with what stands for each character that the font has not: a plainer form of it, else `MISSING`.

    >>> drawn("CO₂ 赫灵\\U0001f600", frozenset(map(ord, "CO2赫灵〓")))
    'CO2 赫灵〓'
    """
    mark = MISSING if ord(MISSING) in known else "?"

    def plainer(one: str) -> str:
        other = unicodedata.normalize("NFKC", one)
        return other if all(ord(each) in known for each in other) else mark

    return "".join(one if ord(one) in known or one in "\n " else plainer(one) for one in text)
