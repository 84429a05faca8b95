"""Names blotted out of texts: of the values that somebody wrote, never of dates, codes or numbers."""

from collections.abc import Iterable, Mapping, Sequence

from layers.services.registers.behind import Value
from layers.services.registers.declare import Register

BLOT = "▇▇"
LEAST_NAME = 2
"""Characters of a name that is looked for: a shorter one is in too many words."""
TEXTS = ("text", "long")


def long_enough(names: Iterable[object]) -> tuple[str, ...]:
    """The names that may be looked for, each once, the longest first: one may stand in another."""
    found = {one.strip() for one in names if isinstance(one, str) and len(one.strip()) >= LEAST_NAME}
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def stands_in(text: str, names: Sequence[str]) -> bool:
    """Whether one of the names does."""
    return any(name in text for name in names)


def blotted(text: str, names: Sequence[str], blot: str = BLOT) -> str:
    """A text without names that stand in it."""
    for name in names:
        text = text.replace(name, blot)
    return text


def fields_with(register: Register, found: Mapping[str, Value], names: Sequence[str]) -> set[str]:
    """The fields of texts in which one of the names stands."""
    texts = texts_of(register, found)
    return {code for code, text in texts.items() if stands_in(text, names)}


def without(register: Register, found: Mapping[str, Value], names: Sequence[str], blot: str = BLOT) -> dict[str, Value]:
    """Values without the names."""
    texts = texts_of(register, found)
    return {**found, **{code: blotted(text, names, blot) for code, text in texts.items()}}


def texts_of(register: Register, found: Mapping[str, Value]) -> dict[str, str]:
    """The values that somebody wrote; those too of a field that was declared once."""
    types = {one.code: one.type for one in register.fields}
    return {code: value for code, value in found.items() if isinstance(value, str) and types.get(code, "text") in TEXTS}
