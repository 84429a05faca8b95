"""How much of a password is its own: what is left of it without common passwords, the place's words, digits and walks.

zxcvbn by itself takes a common password that was made long for a good one (``password2026fangyan!`` scores 4 of 4).
What is done here costs the length of the password, times the longest word that is known.
"""

import tomllib
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files

import msgspec

from geo.communities import communities
from geo.ground import places

LONGEST_WORD = 24
SHORTEST_WORD = 4
SHORTEST_WALK = 3
OF_A_WORD = 4
"""What a common password counts for, once: three of thirty thousand are as many guesses as 13 digits."""
MANY_SIGNS = 4


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``guessable.toml``."""

    words: list[str]
    walks: list[str]
    signs: dict[str, str]


@cache
def table() -> Table:
    """The table."""
    read = tomllib.loads((files("cockpit.people") / "guessable.toml").read_text(encoding="utf-8"))
    return msgspec.convert(read, Table)


def own(password: str, names: Collection[str]) -> int:
    """What a password has of its own, in characters: a common one counts for few, and what repeats itself for nothing.

    ``names`` are those of whose password it is.

    >>> own("P@ssw0rd-2026-P@ssw0rd", ())
    1
    >>> own("correct horse battery staple", ())
    24
    """
    place = {_folded(one) for one in (*_of_place(), *names)}
    seen: set[str] = set()
    worth = 0
    for piece, is_word in _pieces(_folded(password), place):
        if piece in seen:
            continue
        seen.add(piece)
        worth += OF_A_WORD if is_word else sum(_worth(one) for one in piece)
    return worth


def plain(password: str) -> str:
    """The password with letters for signs where it has many different ones: no harder to guess, and judged in no time.

    zxcvbn tries all ways in which signs may stand for letters, which takes ten seconds for twenty of them.
    """
    signs = table().signs
    if len({one for one in password if one in signs}) <= MANY_SIGNS:
        return password
    return "".join(signs.get(one, one) for one in password)


def _worth(one: str) -> int:
    """A Chinese character is one of thousands: as many as two letters."""
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def _pieces(text: str, place: Collection[str]) -> Iterator[tuple[str, bool]]:
    """What a text is made of, without what counts for nothing: pieces, and whether each is a common password."""
    own_piece = ""
    at = 0
    while at < len(text):
        length, is_nothing = _longest(text, at, place)
        if length == 0 and text[at].isalnum() and not _is_number(text, at):
            own_piece += text[at]
            at += 1
            continue
        if own_piece:
            yield own_piece, False
            own_piece = ""
        if length == 0 and not text[at].isalnum() and not text[at].isspace():
            yield text[at], False
        if length and not is_nothing:
            yield _spoken(text[at : at + length]), True
        at += length or _stretch(text, at)
    if own_piece:
        yield own_piece, False


def _longest(text: str, at: int, place: Collection[str]) -> tuple[int, bool]:
    """How long the longest word is that begins here, and whether it counts for nothing; of two the one that does."""
    walk = _walk(text, at)
    for length in range(min(LONGEST_WORD, len(text) - at), 1, -1):
        if length == walk:
            return length, True
        word = text[at : at + length]
        if word in place or _spoken(word) in place:
            return length, True
        if length >= SHORTEST_WORD and (word in _common() or _spoken(word) in _common()):
            return length, word.isdigit()
    return 0, False


def _walk(text: str, at: int) -> int:
    """How far keys that lie side by side go from here; 0 where it is no walk."""
    for length in range(min(LONGEST_WORD, len(text) - at), SHORTEST_WALK - 1, -1):
        if any(text[at : at + length] in walk for walk in _walks()):
            return length
    return 0


def _stretch(text: str, at: int) -> int:
    """How many characters from here are a number, or one that is neither letter nor digit."""
    if not _is_number(text, at):
        return 1
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - at


def _is_number(text: str, at: int) -> bool:
    """Whether three digits or more begin here: a year, a date, a telephone."""
    return text[at : at + 3].isdigit() and len(text[at : at + 3]) == 3


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _spoken(text: str) -> str:
    return "".join(table().signs.get(one, one) for one in text)


@cache
def _walks() -> tuple[str, ...]:
    return tuple(way for walk in table().walks for way in (walk, walk[::-1]))


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # its lists take longer to read than most commands take to run

    return frozenset(FREQUENCY_LISTS["passwords"])


def _of_place() -> Iterator[str]:
    yield from table().words
    for one in communities().values():
        yield from (one.code, one.name, one.short, *one.name_en.split(), *one.short_en.split())
        for layer in ("areas", "sites"):
            for place in places(one.code, layer):
                yield from (place.code, place.name)
