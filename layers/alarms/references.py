"""What a rule names, and whether it is there: a rule over what does not exist would watch in silence for ever."""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection

from geo.ground import places
from layers.alarms.rules import Rule
from layers.declare import is_known
from sensors.devices import registry

LISTED_AT_MOST = 5


def faults(connection: Connection, community: str, rule: Rule, book: Mapping[str, Rule]) -> dict[str, str]:
    """What a rule names that is not there: field -> why; empty where all of it is. ``book`` are the other rules."""
    found = {}
    for name, known in (("area", "areas"), ("site", "sites")):
        code = getattr(rule, name)
        if code is not None and code not in (there := [place.code for place in places(community, known)]):
            found[name] = f"{code!r} is not one of {', '.join(there)}"
    if rule.devices:
        devices = {one.id for one in registry.read_all(connection, community, rule.devices)}
        found |= _missing("devices", rule.devices, devices.__contains__, "no devices here")
    for name in ("suppresses", "suppresses_behind"):
        found |= _missing(name, getattr(rule, name), {*book, rule.code}.__contains__, "no rules here")
    if rule.event is not None and not is_known(connection, community, "category", rule.event):
        found["event"] = f"{rule.event!r} is no category of grid events"
    return found


def _missing(name: str, given: Collection[str], is_there: Callable[[str], bool], what: str) -> dict[str, str]:
    wrong = [one for one in given if not is_there(one)]
    return {name: f"{what}: {', '.join(wrong[:LISTED_AT_MOST])}"} if wrong else {}
