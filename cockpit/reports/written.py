"""Values as a report writes them, in the language that is spoken."""

from layers.sections import Cell, Figure
from store.instant import SHANGHAI, to_datetime
from store.language import CHINESE, Word, current, named

NOTHING = "—"
UNBROKEN = "\u00a0"


def text(value: Cell, described: Figure) -> str:
    """A value without its unit.

    >>> text(12345, Figure(name="进入", name_en="Entered"))
    '12,345'
    """
    if value is None:
        return NOTHING
    if isinstance(value, Word):
        return word(value)
    if isinstance(value, bool | str):
        return str(value)
    return _number(value, described)


def _number(value: float, described: Figure) -> str:
    match described.kind:
        case "share":
            return f"{100 * value:.{described.digits}f} %"
        case "money":
            return f"{value / 100:,.{described.digits}f}"
        case "moment":
            return moment(int(value))
        case "plain":
            return f"{value:,.6f}".rstrip("0").rstrip(".")
    return f"{value:,.{described.digits}f}"


def word(value: Word) -> str:
    """A word in the language that is spoken."""
    return value.name if current() == CHINESE else value.name_en


def unit(described: Figure) -> str:
    """The unit in the language that is spoken; nothing where there is none."""
    own = described.unit_en if current() != CHINESE else None
    return described.unit if own is None else own


def head(described: Figure) -> str:
    """What stands above a column: its name, with the unit."""
    of = unit(described)
    return f"{named(described)} ({of})" if of else named(described)


def moment(instant: int) -> str:
    """A moment by the clock in Asia/Shanghai, to the minute; never broken into two lines."""
    return f"{to_datetime(instant).astimezone(SHANGHAI):%Y-%m-%d{UNBROKEN}%H:%M}"


def is_number(described: Figure) -> bool:
    """Whether a column holds numbers, which stand under each other by their last digit."""
    return described.kind in ("number", "plain", "share", "money")


def width(text: str) -> int:
    """How wide a text is in digits: a Chinese character is as wide as two."""
    return sum(2 if ord(one) > 0x2E80 else 1 for one in text)
