"""Finds what Python and JavaScript say, and brings the catalogues of assets/words up to date with it: `make words`.

Babel reads and writes the catalogues; what is in the sources is found here: its own extractor does not look into the
places of an f-string, and its JavaScript one loses a call that stands within another.
"""

import ast
import io
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from store.language import CHINESE, LANGUAGES, read

ROOMS = ("cockpit", "layers", "sensors", "geo", "store")
SAYING = {"say": False, "marked": False, "say_n": True}
"""What says a message in Python, and whether it has forms by number."""
DOMAINS = ("pages", "scripts")
HEADER = """msgid ""
msgstr ""
"Language: {tag}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {forms}\\n"

"""
SAID = re.compile(r'\bsay(N?)\(\s*("(?:[^"\\]|\\.)*")')


class Said(NamedTuple):
    """A message in a source; ``places`` are files from the project's root."""

    text: str
    has_forms: bool
    place: str


def root() -> Path:
    """Where the sources stand."""
    return Path(str(files("assets"))).parent


def found(domain: str) -> Iterator[Said]:
    """Every message of ``pages`` (Python) or ``scripts`` (JavaScript), in the order of the files."""
    if domain == "scripts":
        for path in sorted((root() / "assets").glob("[jp]*/*.js")):
            for many, text in SAID.findall(path.read_text(encoding="utf-8")):
                yield Said(msgspec.json.decode(text), bool(many), str(path.relative_to(root())))
        return
    for room in ROOMS:
        for path in sorted((root() / room).rglob("*.py")):
            yield from _of_python(path)


def renewed(tag: str, domain: str) -> Any:
    """A language's catalogue (babel's Catalog) as it should stand: what is said now, empty where words are missing."""
    from babel.messages.catalog import Catalog

    known = read(tag, domain)
    made = Catalog(locale=tag, domain=domain, fuzzy=False)
    for text, has_forms, place in found(domain):
        kept = known.get(text)
        made.add((text, text) if has_forms else text, kept.string if kept else None, locations=[(place, 0)])
    return made


def written(tag: str, domain: str) -> str:
    """The same as the text of its file, with a header that does not change by itself."""
    from babel.messages.pofile import write_po

    made = renewed(tag, domain)
    file = io.BytesIO()
    write_po(file, made, width=0, omit_header=True, include_lineno=False)
    return HEADER.format(tag=tag, forms=made.plural_forms) + file.getvalue().decode()


def main() -> None:
    """Bring every catalogue up to date; new messages stand in it empty, for somebody to put them in words."""
    for tag in LANGUAGES:
        for domain in DOMAINS if tag != CHINESE else ():
            place_of(tag, domain).write_text(written(tag, domain), encoding="utf-8")


def place_of(tag: str, domain: str) -> Path:
    """The file of a catalogue."""
    return root() / "assets" / "words" / tag / "LC_MESSAGES" / f"{domain}.po"


def _of_python(path: Path) -> Iterator[Said]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Said(first.value, SAYING[node.func.id], str(path.relative_to(root())))


if __name__ == "__main__":
    main()
