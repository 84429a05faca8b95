"""In which encoding texts are, by evidence: what a file says of itself may be wrong, or missing.

Chinese text read rightly consists mostly of the 3,755 characters of level 1 of GB 2312; read wrongly it gives
rare characters, accents or signs (楼 in GBK is ¥ in UTF-8). So the reading with the most of them is the
likelier one; what the file declares is believed unless another reading is clearly better.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

USUAL = ("utf-8", "gb18030")
CLEARLY = 0.3
FIRST_FOREIGN, SHOWN = 0x80, 12
SIGNS = "²³°±µ"
"""Signs that stand in measures: as likely as a common character."""
LEVEL_1 = range(0xB0, 0xD8)
"""First bytes of level 1 of GB 2312."""
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
NAMES = {"gb18030": "GB18030", "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp950": "Big5"}


class UnknownEncoding(ValueError):
    """A text in no encoding that is known; ``where`` are the bytes, or the encoding and the place, that tell.

    ``position`` is the first byte that no reading came past.
    """

    def __init__(self, where: str, position: int) -> None:
        super().__init__(f"neither UTF-8 nor GBK: {where}")
        self.where = where
        self.position = position


@dataclass(frozen=True)
class Reading:
    """An encoding and how likely it is, 0 to 1."""

    encoding: str
    share: float


def decide(texts: Sequence[bytes], declared: Sequence[str] = (), is_cut: bool = False) -> str:
    """The encoding of texts; ``declared`` are what the file says, the first the most believed.

    With ``is_cut`` the last character of a text may be cut off, as columns of a fixed width do.

    Raises
    ------
    UnknownEncoding
        If they are in none.
    """
    telling = [text for text in texts if not text.isascii()]
    if not telling:
        return "utf-8"
    readings = [
        reading
        for encoding in dict.fromkeys((*declared, *USUAL))
        if (reading := _reading(telling, encoding, is_cut)) is not None
    ]
    if not readings:
        start = next(position for position, byte in enumerate(telling[0]) if byte >= FIRST_FOREIGN)
        shown = telling[0][start : start + SHOWN].hex(" ")
        raise UnknownEncoding(shown, max(_end(telling[0], encoding) for encoding in USUAL))
    best = max(readings, key=lambda one: one.share)
    first = readings[0]
    # The first is what is declared, else UTF-8.
    return best.encoding if best.share > first.share + CLEARLY else first.encoding


def read(content: bytes, declared: Sequence[str] = ()) -> tuple[str, str]:
    """A text file's text, and its encoding.

    Raises
    ------
    UnknownEncoding
        If it is in none.
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                # The mark may have been taken off before.
                position = error.start + len(content) - len(error.object)
                raise UnknownEncoding(f"{encoding}, {position}", position) from None
    encoding = decide([content], declared)
    return content.decode(encoding), encoding


def decoded(text: bytes, encoding: str) -> str:
    """A text whose last character may be cut off."""
    for cut in range(4):
        try:
            return text[: len(text) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode(encoding, errors="replace")


def told(encoding: str) -> str:
    """An encoding as people know it."""
    return NAMES.get(encoding, encoding.upper())


def _reading(texts: Iterable[bytes], encoding: str, is_cut: bool) -> Reading | None:
    common = other = 0
    for text in texts:
        found = _decoded(text, encoding, is_cut)
        if found is None:
            return None
        for letter, count in Counter(found).items():
            if letter >= "\x80":
                is_common = _is_common(letter, encoding)
                common += count * is_common
                other += count * (not is_common)
    return Reading(encoding, common / (common + other) if common else 0.0)


def _decoded(text: bytes, encoding: str, is_cut: bool) -> str | None:
    for cut in range(4 if is_cut else 1):
        try:
            return text[: len(text) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            return None
    return None


def _end(text: bytes, encoding: str) -> int:
    """How far a text can be read in an encoding."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return len(text)


def _is_common(letter: str, encoding: str) -> bool:
    if letter in SIGNS:
        return encoding.startswith("utf")
    try:
        found = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(found) == 2 and found[0] in LEVEL_1
