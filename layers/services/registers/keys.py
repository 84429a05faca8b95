"""What names a row among those of its register that stand: the values of its key, as one text."""

import hashlib
import unicodedata
from collections.abc import Mapping

from layers.services.registers.behind import Value
from layers.services.registers.declare import Register
from store.seal import Seal

BETWEEN = "\x1f"
MOST = 300


def key(register: Register, seal: Seal, found: Mapping[str, Value]) -> str | None:
    """The key of a row's values, a digest where a part of it is personal; None where a part is missing."""
    parts = [found.get(code) for code in register.key]
    if not parts or any(part is None for part in parts):
        return None
    text = BETWEEN.join(unicodedata.normalize("NFKC", str(part)).casefold() for part in parts)
    if any(register.field(code).personal for code in register.key):
        return seal.digest(text)
    return text if len(text) <= MOST else hashlib.sha256(text.encode()).hexdigest()
