"""Names of people are for stewards and above of the community; everybody else gets the record without them."""

import pytest

from layers.people import sees_people, told_to
from layers.roles import Actor

RECORD = {
    "id": "1",
    "reporter": "user:张三",
    "assignee": "李四",
    "by": "command:root",
    "steward": {"name": None, "grid": "g1"},
    "steps": [{"actor": "user:王五"}, {"actor": "device:smoke-1"}, {"actor": "token:post"}, {"actor": None}],
}
HERE = Actor("a", "steward", "user", frozenset({"heling"}))
THERE = Actor("b", "admin", "user", frozenset({"tahai"}))
WALL = Actor("w", "wall", "display", frozenset({"heling"}))


@pytest.mark.parametrize("viewer", [None, THERE, WALL])
def test_a_stranger_is_told_no_name(viewer: Actor | None) -> None:
    assert not sees_people(viewer, "heling")
    assert told_to(viewer, "heling", RECORD) == {
        "id": "1",
        "reporter": "user",
        "assignee": None,
        "by": "command",
        "steward": {"name": None, "grid": "g1"},
        "steps": [{"actor": "user"}, {"actor": "device:smoke-1"}, {"actor": "token:post"}, {"actor": None}],
    }


def test_a_steward_of_the_community_is_told_all() -> None:
    assert told_to(HERE, "heling", RECORD) is RECORD
