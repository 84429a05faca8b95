"""What an alarm says, in one line: how grave, what, where, how much and what the limit is."""

from collections.abc import Mapping
from typing import Any

from layers.alarms.look import looks
from layers.alarms.rules import AMOUNTS, Rule
from sensors.metrics import Kind, metrics
from store.instant import MINUTE, SECOND, Instant, format_local
from store.language import Word, in_all, marked, named, say, spoken

LONGEST = 200
RISE = marked("{minutes} 分钟内上升 {amount} 以上")
FALL = marked("{minutes} 分钟内下降 {amount} 以上")
COUNT = marked("{minutes} 分钟内 {amount} 以上")


def titles(of: Mapping[str, Any]) -> dict[str, str]:
    """The line of an alarm's row in every language, as ``title`` and ``title_en``; enough to know whether to get up."""
    return in_all("title", spoken(lambda: _title(of)))


def _title(of: Mapping[str, Any]) -> str:
    look = looks().priorities[of["priority"]]
    value, limit = figure(of["metric"], of["value"]), figure(of["metric"], of["threshold"])
    # Of what is said by a word the limit says nothing.
    limit = say("限值 {limit}", limit=limit) if value and limit and not _is_word(of["metric"]) else ""
    parts = (f"{look.symbol} {named(look)}", named(of), of["label"], value, named(of, "said"), limit)
    return " · ".join(part for part in parts if part)[:LONGEST]


def measured(of: Mapping[str, Any]) -> Word:
    """What was measured, by its name and with its unit, and the limit that it crossed; "" where nothing was."""
    return spoken(lambda: _measured(of))


def _measured(of: Mapping[str, Any]) -> str:
    metric, value, limit = of["metric"], figure(of["metric"], of["value"]), figure(of["metric"], of["threshold"])
    known = looks().derived.get(metric) or metrics().get(metric)
    said = f"{named(known) if known else metric} {value}" if value else ""
    if said and limit and not _is_word(metric):
        return f"{said} · {say('限值 {limit}', limit=limit)}"
    return said


def of_window(rule: Rule) -> Word | None:
    """What a rule over a window found, in every language; None for one over the value itself."""
    if rule.op not in AMOUNTS:
        return None
    text = COUNT if rule.op == "count" else RISE if rule.value > 0 else FALL
    minutes = f"{rule.window / MINUTE:g}"
    return spoken(lambda: say(text, amount=figure(rule.metric, abs(rule.value)) or f"{rule.value:g}", minutes=minutes))


def of_silence(heard: Instant) -> Word:
    """When one that is silent was last heard, in every language; its alarm may count from when we listened again."""
    when = format_local(heard - heard % SECOND).replace("T", " ")
    return spoken(lambda: say("最近上报 {when}", when=when))


def figure(metric: str | None, value: float | None) -> str:
    """A figure with its unit, or the word for it; "" for what is true or false: the rule's name says it."""
    if metric is None or value is None:
        return ""
    derived, known = looks().derived.get(metric), metrics().get(metric)
    if derived is not None and 0 <= value < len(derived.values):
        return named(derived.values[int(value)])
    if known is not None and known.kind is not Kind.NUMBER:
        return ""
    number = f"{value:.{derived.precision}f}" if derived is not None and derived.precision is not None else f"{value:g}"
    unit = named(derived or known, "label") if derived or known else ""
    return f"{number} {unit}".strip()


def _is_word(metric: str | None) -> bool:
    derived = looks().derived.get(metric or "")
    return derived is not None and bool(derived.values)
