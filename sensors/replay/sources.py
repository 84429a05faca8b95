"""What replayed observations are called: where and when they were made, in every language."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from store.language import Word, named


@cache
def plan() -> dict[str, Any]:
    """recordings.toml."""
    return tomllib.loads((files("sensors.replay") / "recordings" / "recordings.toml").read_text(encoding="utf-8"))


@cache
def sources() -> dict[str, Word]:
    """What a device's ``source`` holds -> how it is said."""
    forms = [form for form in plan().values() if isinstance(form, dict) and "source" in form]
    return {form["source"]: Word(form["source"], form["source_en"]) for form in forms}


def source_name(source: str) -> str:
    """The name in the language that is spoken; a source that is in no table is called as it is kept."""
    return named(sources()[source]) if source in sources() else source
