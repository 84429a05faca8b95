"""What readings and records that are no real ones are called: replayed, from where and when, or invented."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from store.demonstration import INVENTED
from store.language import Word, named, say

DEMONSTRATION = Word("演示数据", "demonstration data")


@cache
def plan() -> dict[str, Any]:
    """recordings.toml."""
    return tomllib.loads((files("sensors.replay") / "recordings" / "recordings.toml").read_text(encoding="utf-8"))


@cache
def sources() -> dict[str, Word]:
    """What a device's ``source`` holds -> how it is said."""
    forms = [form for form in plan().values() if isinstance(form, dict) and "source" in form]
    return {form["source"]: Word(form["source"], form["source_en"]) for form in forms} | {INVENTED: DEMONSTRATION}


def source_name(source: str) -> str:
    """The name in the language that is spoken; a source that is in no table is called as it is kept."""
    return named(sources()[source]) if source in sources() else source


def source_words(source: str) -> str:
    """How a screen says it: what is replayed, from where; or that it was invented."""
    return source_name(source) if source == INVENTED else say("回放 · {source}", source=source_name(source))
