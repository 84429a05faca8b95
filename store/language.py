"""The language that somebody is spoken to in, and the words of Python in it.

A message is written where it arises, in Chinese, as ``say("还有 {n} 件", n=3)``: the Chinese is its key in the gettext
catalogues of assets/words. What describes (metrics, states, levels) stands in tables with both languages side by
side, ``name`` and ``name_en``: `named` takes the one that is asked for. No message is looked up when a module is
loaded, since nobody asks then: `marked` only marks it for the catalogue.
"""

import gettext
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

CHINESE = "zh-CN"
ENGLISH = "en"
LANGUAGES = {CHINESE: "中文", ENGLISH: "English"}
"""Tag (RFC 5646) -> what its speakers call it; the first is the one that messages are written in."""

_asked: ContextVar[str] = ContextVar("language", default=CHINESE)


def current() -> str:
    """The tag of the language that is spoken here and now."""
    return _asked.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Speak a language for a while: as long as a request takes."""
    token = _asked.set(tag)
    try:
        yield
    finally:
        _asked.reset(token)


def say(text: str, /, **places: Any) -> str:
    """A message in the language that is spoken; ``{name}`` in it stands for what is given under that name.

    Where one Chinese word is two in another language, what it is stands behind ``¦``, which nobody sees.

    >>> say("还有 {n} 件", n=3)
    '还有 3 件'
    """
    return _filled(_plain(catalogue(current()).gettext(text)), places)


def say_n(text: str, n: int, /, **places: Any) -> str:
    """The same with the form that the number ``{n}`` asks for: "1 event", "3 events"."""
    return _filled(_plain(catalogue(current()).ngettext(text, text, n)), {"n": n, **places})


def marked(text: str) -> str:
    """The message itself, found for the catalogues: in a module's table, which `say` translates when it is used."""
    return text


def named(row: Any, what: str = "name") -> str:
    """The word of a table's row, a mapping or an object, that holds ``name`` and ``name_en``.

    A name that nobody gave in a language is the Chinese one; a unit may be nothing in it.
    """
    own = _of(row, f"{what}_{current()}") if current() != CHINESE else None
    is_own = own is not None and (own != "" or what != "name")
    return str((own if is_own else _of(row, what)) or "")


class Word(NamedTuple):
    """A word in every language."""

    name: str
    name_en: str


def spoken(make: Callable[[], str]) -> Word:
    """What is made of messages, in every language."""
    found = []
    for tag in LANGUAGES:
        with speaking(tag):
            found.append(make())
    return Word(*found)


def in_all(field: str, row: Any, what: str = "name") -> dict[str, Any]:
    """A table's word in every language, side by side, for records and answers that are the same whoever reads them.

    >>> in_all("state_name", Word("立案", "Filed"))
    {'state_name': '立案', 'state_name_en': 'Filed'}
    """
    tags = [tag for tag in LANGUAGES if tag != CHINESE]
    return {field: _of(row, what)} | {f"{field}_{tag}": _of(row, f"{what}_{tag}") for tag in tags}


def preferred(accepted: str | None) -> str | None:
    """The language of ours that an ``Accept-Language`` (RFC 9110, 12.5.4) likes best; None where it names none."""
    weighed: dict[str, float] = {}
    for part in (accepted or "").lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        for ours in LANGUAGES:
            if tag.partition("-")[0] == ours.lower().partition("-")[0]:
                weighed[ours] = max(_weight(weight), weighed.get(ours, 0.0))
    best = max(weighed, key=lambda one: weighed[one], default=None)
    return best if best is not None and weighed[best] > 0 else None


@cache
def catalogue(tag: str) -> gettext.NullTranslations:
    """What messages of Python are in a language: compiled from its catalogue at the first use."""
    if tag == CHINESE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    from babel.messages.mofile import write_mo

    write_mo(compiled, read(tag, "pages"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def read(tag: str, domain: str) -> Any:
    """A catalogue (babel's Catalog) as it is kept: ``pages`` of Python, ``scripts`` of JavaScript."""
    from babel.messages.pofile import read_po

    path = files("assets") / "words" / tag / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        return read_po(file, locale=tag, domain=domain)


def _plain(text: str) -> str:
    return text.partition("¦")[0]


def _filled(text: str, places: Mapping[str, Any]) -> str:
    # Not str.format: a message must not reach into what it is given.
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _of(row: Any, what: str) -> Any:
    return row.get(what) if isinstance(row, Mapping) else getattr(row, what, None)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
