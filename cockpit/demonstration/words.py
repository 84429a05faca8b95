"""What the values of a story stand for: words that begin with @ become days, people, places and ids.

==================  ==========================================================
``@today+3``        a day, so many days from the story's own
``@date``           the day of the act: of what follows later, a later one
``@month``          the story's month
``@name:deputy``    the name of one of the staff
``@at``             the moment of the act
``@time+1:19:00``   a time of a day, so many days from the story's own
``@int:3-9``        a whole number, both ends included
``@any:a|b``        one of these words
``@area``           the code of an area
``@grid``           the code of the n-th grid, or of the invented one of the n-th area
``@person:old``     the row of a resident of these groups ("old|adult"), each once a day and story
``@of:club:old``    the row of the n-th resident of a list of these groups that always has the same order
``@made:key``       the id of what an act of this key made; {day}, {day-2} and {n} are filled in
``@any-made:a|b``   the id of what one of these made
``@year-1``         a year, so many from the story's own
``@n``              the number of the act in its story, from 0
``@place:sites``    the code of a place of this layer
==================  ==========================================================
"""

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from cockpit.demonstration.acts import Made
from cockpit.demonstration.tables import Story, people, stories
from geo.ground import places
from store.instant import SHANGHAI, Instant, local_date, to_datetime

EARLIER = re.compile(r"\{day-(\d+)\}")


@dataclass
class Scene:
    """Where and when an act plays, and what chance says of it."""

    seed: str
    community: str
    day: date
    at: Instant
    number: int
    chance: random.Random
    began: date
    """The day on which the demonstration begins."""
    named: date
    """Of what comes again in turns the one of this day is meant."""
    drawn: dict[str, list[int]] = field(default_factory=dict)
    """Residents of these groups who had no turn yet, in the order of their turns."""


def said(value: Any, scene: Scene) -> Any:
    """A value with everything in it that stands for something else replaced."""
    if isinstance(value, dict):
        return {name: said(one, scene) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [said(one, scene) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("@"):
        return _meant(value[1:], scene)
    return filled(value, scene)


def filled(text: str, scene: Scene) -> str:
    """A text with {day}, {date}, {n} and {area} filled in."""
    if "{" not in text:
        return text
    area = _area(scene, scene.number)
    text = EARLIER.sub(lambda found: (scene.day - timedelta(days=int(found[1]))).isoformat(), text)
    on = f"{scene.day.month}月{scene.day.day}日"
    return text.format(day=scene.day.isoformat(), date=on, n=scene.number, area=area[1])


def residents(groups: str) -> list[int]:
    """The numbers of the residents of these groups, parted by |."""
    wanted, found, first = groups.split("|"), list[int](), 0
    for group in people().residents.groups:
        if group.code in wanted:
            found.extend(range(first, first + group.count))
        first += group.count
    return found


def grid_code(area: str) -> str:
    """The code of the invented grid of an area."""
    return f"demo-{area}"


def person_key(number: int) -> str:
    """The key of the act that enters a resident."""
    return f"person/{number:03}"


def _meant(word: str, scene: Scene) -> Any:
    name, _, given = word.partition(":")
    if name.startswith("today"):
        return _shifted(name, scene).isoformat()
    if name.startswith("time"):
        moment = datetime.combine(_shifted(name, scene), time.fromisoformat(given), SHANGHAI)
        return moment.isoformat(timespec="minutes")
    if name == "month":
        return scene.day.isoformat()[:7]
    if name == "at":
        return to_datetime(scene.at).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if name == "int":
        low, _, high = given.partition("-")
        return scene.chance.randint(int(low), int(high))
    if name == "any":
        return scene.chance.choice(given.split("|"))
    if name == "date":
        return local_date(scene.at).isoformat()
    if name == "name":
        return people().staff[given].name
    if name.startswith("year"):
        return scene.day.year + int(name[4:] or 0)
    if name == "n":
        return scene.number
    if name == "grid":
        known = places(scene.community, "grids")
        return known[scene.number % len(known)].code if known else grid_code(_area(scene, scene.number)[0])
    if name == "area":
        return _area(scene, None)[0]
    if name == "place":
        return scene.chance.choice([place.code for place in places(scene.community, given)])
    return _record(name, given, scene)


def _record(name: str, given: str, scene: Scene) -> Made:
    if name == "made":
        return _made(filled(given, scene), scene)
    if name == "any-made":
        return _made(scene.chance.choice(given.split("|")), scene)
    if name == "person":
        left = scene.drawn.get(given)
        if not left:
            left = scene.drawn[given] = residents(given)
            scene.chance.shuffle(left)
        return Made(person_key(left.pop()))
    if name == "of":
        club, _, groups = given.partition(":")
        known = residents(groups)
        random.Random(f"{scene.seed}/{scene.community}/{club}").shuffle(known)
        return Made(person_key(known[scene.number % len(known)]))
    raise ValueError(f"@{name} stands for nothing")


def turn_of(story: Story, began: date, day: date) -> int:
    """How often a story of the beginning came again by a day."""
    return max(0, (day - began).days - story.day) // story.again if story.again else 0


def turn_key(key: str, turn: int) -> str:
    """The key of what a story made in a turn, by that of the first."""
    return f"{key}/{turn}" if turn else key


def _made(key: str, scene: Scene) -> Made:
    story = _by_code().get(key.partition("/")[0])
    return Made(key if story is None else turn_key(key, turn_of(story, scene.began, scene.named)))


@cache
def _by_code() -> dict[str, Story]:
    return {story.code: story for story in stories() if story.again}


def _shifted(word: str, scene: Scene) -> date:
    shift = word.lstrip("adeimoty")
    return scene.day + timedelta(days=int(shift) if shift else 0)


def _area(scene: Scene, number: int | None) -> tuple[str, str]:
    known = [(place.code, place.name) for place in places(scene.community, "areas")]
    return scene.chance.choice(known) if number is None else known[number % len(known)]
