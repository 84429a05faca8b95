"""What each figure is (help.toml): told behind the "?" beside it, and in docs/figures.md, where `write` puts it."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from store.language import named

DOCUMENT = "docs/figures.md"
BEGIN = "<!-- help.toml: written by `make words` -->\n"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure in words; ``source`` and ``time`` are those of its group where they are empty."""

    name: str
    name_en: str
    what: str
    what_en: str
    formula: str
    formula_en: str
    source: str = ""
    source_en: str = ""
    time: str = ""
    time_en: str = ""


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures that have their pages in common; a page is named as `frame.desk` names it."""

    name: str
    name_en: str
    pages: list[str]
    time: str
    time_en: str
    source: str
    source_en: str
    rows: dict[str, Row]


@cache
def groups() -> dict[str, Group]:
    """The table."""
    read = tomllib.loads((files("cockpit.pages") / "help.toml").read_text(encoding="utf-8"))
    return msgspec.convert(read, dict[str, Group])


def words(page: str) -> dict[str, dict[str, str]]:
    """What a page tells of its figures, in the language that is spoken: ``group.row`` -> its words."""
    return {
        f"{code}.{key}": {
            "name": named(row),
            "what": named(row, "what"),
            "formula": named(row, "formula"),
            "source": named(row if row.source else group, "source"),
            "time": named(row if row.time else group, "time"),
        }
        for code, group in groups().items()
        if page in group.pages
        for key, row in group.rows.items()
    }


def document() -> str:
    """The same in English, as the documents have it."""
    parts = [BEGIN, "\n## Behind the question marks\n\n"]
    parts.append('What "?" says beside each figure of the managers\' pages, from `cockpit/pages/help.toml`.\n')
    for code, group in groups().items():
        parts.append(f"\n### {group.name} {group.name_en}\n\n| figure | key | what | formula | source | time |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        for key, row in group.rows.items():
            source, time = row.source_en or group.source_en, row.time_en or group.time_en
            cells = (f"{row.name} {row.name_en}", f"`{code}.{key}`", row.what_en, row.formula_en, source, time)
            parts.append("| " + " | ".join(cells) + " |\n")
    return "".join(parts)


def write() -> None:
    """Put the table at the end of the document, in place of the one that is there."""
    path = Path(__file__).parents[2] / DOCUMENT
    path.write_text(path.read_text(encoding="utf-8").partition(BEGIN)[0] + document(), encoding="utf-8")
