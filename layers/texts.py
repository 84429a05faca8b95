"""Text that people and devices send, without what no screen, file or database can hold."""

import re
import unicodedata

LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, what turns the direction of writing around, and what XML cannot hold; tab and newline stay."""
HALVES = re.compile("[\ud800-\udfff]")
"""Half a character: UTF-8 cannot say it."""
REPLACEMENT = "\ufffd"
BLANK = frozenset(map(chr, (0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0)))
"""Characters that are letters or signs by their category, and of which nothing is seen."""


def cleaned(text: str) -> str:
    """A text of several lines as it is kept: line breaks are newlines, and nothing in it is unseen."""
    return HALVES.sub(REPLACEMENT, UNSEEN.sub("", LINE_BREAKS.sub("\n", text)))


def words(text: str) -> str:
    """A text of several lines as it is kept, without blanks around it; "" where nothing of it would be seen."""
    kept = cleaned(text).strip()
    return kept if any(_is_seen(one) for one in kept) else ""


def one_line(text: str) -> str:
    """A text of one line as it is kept, without blanks around it; "" where nothing of it would be seen."""
    return re.sub(r"\s*[\n\t]\s*", " ", words(text))


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM" and character not in BLANK
