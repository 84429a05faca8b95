"""From stories to acts: what happens on a day in a community, the same for the same seed and date."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from cockpit.demonstration.acts import Act, Body, Drawing, Grids, Made
from cockpit.demonstration.tables import Course, Step, Story, courses, people, stories
from cockpit.demonstration.words import Scene, filled, person_key, said, turn_key, turn_of
from geo.ground import place, places
from store.instant import HOUR, MINUTE, SECOND, Instant, midnight

DAYS = 14
"""So many days before the present one are lived."""
SPREAD = (0.0016, 0.0012)
"""Degrees from the middle of an area within which an event is."""
UNITS = {"m": MINUTE, "h": HOUR, "d": 24 * HOUR}
WAYS: Mapping[str, tuple[str, ...]] = {
    "event": ("events", "{id}", "transitions"),
    "matter": ("governance", "matters", "{id}", "steps"),
}


def beginning(seed: str, community: str, began: date, until: date) -> list[Act]:
    """What is done once, when a demonstration begins on a day; and until another what comes again since it ran out.

    Of what came again before the last fortnight only the last turn counts: a demonstration that stood still for a year
    makes up for no more.
    """
    found = _residents(seed, community, began)
    for story in _told(community):
        if story.when != "once":
            continue
        last = turn_of(story, began, until)
        for turn in range(last + 1):
            day = began + timedelta(days=story.day + turn * story.again)
            if turn in (0, last) or day >= until - timedelta(days=DAYS):
                found.extend(_acts(story, seed, community, began, day, turn_key("once", turn)))
    return sorted(found, key=lambda act: (act.at, act.key))


def of_day(seed: str, community: str, began: date, day: date) -> list[Act]:
    """What begins on a day, with what follows from it on later ones."""
    found = list[Act]()
    for story in _told(community):
        if story.when != "once" and _is_on(story, day):
            found.extend(_acts(story, seed, community, began, day, day.isoformat()))
    return sorted(found, key=lambda act: (act.at, act.key))


def _told(community: str) -> Iterator[Story]:
    for story in stories():
        if story.only and community not in story.only:
            continue
        if story.lacks and places(community, story.lacks):
            continue
        if all(place(community, *need.split("/")) is not None for need in story.needs):
            yield story


def _is_on(story: Story, day: date) -> bool:
    if story.weekdays and day.isoweekday() not in story.weekdays:
        return False
    return day.toordinal() % story.every == story.offset % story.every


def _residents(seed: str, community: str, day: date) -> list[Act]:
    known, chance = people().residents, random.Random(f"{seed}/{community}/residents")
    areas = [one.code for one in places(community, "areas")]
    found, number = list[Act](), 0
    for group in known.groups:
        for _ in range(group.count):
            name = known.name.format(surname=known.surnames[number % len(known.surnames)], number=number + 1)
            born = date(chance.randint(*group.born), chance.randint(1, 12), chance.randint(1, 28))
            values = {"card": f"DEMO-{number + 1:04}", "name": name, "born": born.isoformat()}
            values["area"] = areas[number % len(areas)]
            at = midnight(day) + 6 * HOUR + number * SECOND
            found.append(_row(person_key(number), "hall", at, "persons", values))
            number += 1
    return found


def _acts(story: Story, seed: str, community: str, began: date, day: date, when: str) -> Iterator[Act]:
    chance = random.Random(f"{seed}/{community}/{story.code}/{day}")
    drawn: dict[str, list[int]] = {}
    variants: Sequence[dict[str, Any]] = story.each or [{}] * chance.randint(*story.count)
    times = sorted(_time(story, day, chance) for _ in variants)
    for number, (variant, at) in enumerate(zip(variants, times, strict=True)):
        if story.pick:
            variant = chance.choice(story.pick)
        # What was made anew this morning is named from tomorrow on, but by what is made with it.
        named = day if story.when == "once" else day - timedelta(days=1)
        scene = Scene(seed, community, day, at, number, chance, began, named, drawn)
        key = f"{story.code}/{when}/{number}" if story.when != "once" else _once(story, variant, number, when)
        yield from _act(story, variant, scene, key)


def _once(story: Story, variant: Mapping[str, Any], number: int, when: str) -> str:
    """What others call it: the variant's own ``code``, else its number; with the turn in which it came again."""
    return when.replace("once", f"{story.code}/{variant.get('code', number)}", 1)


def _act(story: Story, variant: Mapping[str, Any], scene: Scene, key: str) -> Iterator[Act]:
    own = {name: value for name, value in variant.items() if name not in ("code", "picture")}
    if story.register is not None:
        first = _row(key, story.by, scene.at, story.register, said({**story.values, **own}, scene))
    else:
        body = said({**story.body, **own}, scene)
        if story.kind in ("event", "matter"):
            body["id"] = key
        if story.somewhere:
            body["lon"], body["lat"] = _somewhere(scene)
        given: Body = Grids() if story.survey else body
        first = Act(at=scene.at, by=story.by, key=key, kind=story.kind, path=_path(story.path, scene), body=given)
    yield first
    motif = variant.get("picture", story.picture)
    if motif and scene.chance.random() < story.picture_chance:
        title = str(variant.get("title", story.values.get("title", "")))
        yield _picture(first, story, Drawing(motif, filled(title, scene)))
    yield from _following(first, story, scene)


def _picture(of: Act, story: Story, drawn: Drawing) -> Act:
    way = ("registers", "media", Made(of.key), "photo") if story.register else ("events", Made(of.key), "photos")
    return Act(at=of.at + MINUTE, by=of.by, key=f"{of.key}/photo", kind="picture", path=way, body=drawn)


def _following(first: Act, story: Story, scene: Scene) -> Iterator[Act]:
    steps: tuple[Step, ...] = story.steps
    if story.courses is not None:
        known: list[Course] = list(courses()[story.courses].values())
        (chosen,) = scene.chance.choices(known, [one.weight for one in known])
        steps = chosen.steps
    at = scene.at
    for number, step in enumerate(steps):
        if scene.chance.random() >= step.chance:
            return
        at += _span(step.after, scene.chance)
        scene.at = at
        yield Act(
            at=at,
            by=step.by,
            key=f"{first.key}/{number}",
            kind="step",
            path=_way(first, story, step, scene),
            body=_asked(story, step, scene),
            sees=story.register is not None and not step.path,
        )


def _way(first: Act, story: Story, step: Step, scene: Scene) -> tuple[str | Made, ...]:
    if step.path:
        return tuple(Made(first.key) if part == "{id}" else part for part in _path(step.path, scene))
    if story.register is not None:
        return ("registers", story.register, Made(first.key))
    return tuple(Made(first.key) if part == "{id}" else part for part in WAYS[story.kind])


def _asked(story: Story, step: Step, scene: Scene) -> Body:
    if story.register is not None and not step.path:
        to = {} if step.to is None else {"state": step.to}
        return {"values": said(step.values, scene), **to}
    body: dict[str, Any] = said(step.body, scene)
    if step.to is not None:
        body["to"] = step.to
    if step.note:
        body["note"] = filled(step.note, scene)
    if step.given is not None:
        body["assignee"] = people().staff[step.given].name
    return body


def _row(key: str, by: str, at: Instant, register: str, values: Mapping[str, Any]) -> Act:
    body = {"values": values, "reference": f"demonstration:{key}"}
    return Act(at=at, by=by, key=key, kind="row", path=("registers", register), body=body)


def _path(parts: tuple[str, ...], scene: Scene) -> tuple[str | Made, ...]:
    return tuple(said(part, scene) if part.startswith("@") else part for part in parts)


def _time(story: Story, day: date, chance: random.Random) -> Instant:
    first, last = (time.fromisoformat(text) for text in story.between)
    low, high = (one.hour * HOUR + one.minute * MINUTE for one in (first, last))
    return midnight(day) + chance.randrange(low, max(high, low + MINUTE), SECOND)


def _span(after: tuple[str, str], chance: random.Random) -> Instant:
    low, high = (float(text[:-1]) * UNITS[text[-1]] for text in after)
    return round(chance.uniform(low, high) / SECOND) * SECOND


def _somewhere(scene: Scene) -> tuple[float, float]:
    known = places(scene.community, "areas")
    lon, lat = scene.chance.choice(known).label
    east, north = (scene.chance.uniform(-most, most) for most in SPREAD)
    return round(lon + east, 6), round(lat + north, 6)
