"""The table of permissions: whole, and the rule that reads it over all roles."""

from itertools import product

import pytest

from cockpit import access
from layers.access import Circumstances, Rule, check
from layers.problem import Problem
from layers.roles import Actor
from tests.permissions import routes

ELSEWHERE = {"GET /sign-in/oidc", "GET /sign-in/oidc/callback"}
"""Routes of an installation with another provider."""


def test_every_route_has_a_row_and_every_row_is_of_one() -> None:
    known, rows = set(routes()), set(access.table())
    assert known - rows == set()
    pages = {key for key in rows if key.startswith(("PAGE ", "CALLBACK "))}
    assert rows - known - pages == ELSEWHERE


def passes(rule: Rule | None, actor: Actor | None, **given: object) -> int:
    """200, or the status of the refusal."""
    try:
        check(rule, actor, Circumstances(**({"is_reading_open": False, "community": "heling"} | given)))  # type: ignore[arg-type]
    except Problem as refused:
        return refused.status
    return 200


HERE, THERE, TOP = (Actor("a", "manager", "user", frozenset({code})) for code in ("heling", "tahai", "*"))
WALL = Actor("w", "wall", "display", frozenset({"heling"}))


def test_what_has_no_row_is_refused_to_everybody() -> None:
    for actor, is_open in product((None, HERE, TOP, WALL), (True, False)):
        assert passes(None, actor, is_reading_open=is_open) == 403
        assert passes(Rule(), actor, is_reading_open=is_open) == (401 if actor is None else 403)


@pytest.mark.parametrize(
    ("rule", "nobody", "here", "there", "top", "wall"),
    [
        (Rule(role="manager"), 401, 200, 403, 200, 403),
        (Rule(role="admin"), 401, 403, 403, 403, 403),
        (Rule(role="steward", place="everywhere"), 401, 403, 403, 200, 403),
        (Rule(role="steward", place="any"), 401, 200, 200, 200, 403),
        (Rule(role="steward", stranger="reading"), 401, 200, 403, 200, 403),
        (Rule(role="steward", stranger="reading", display=True), 401, 200, 403, 200, 200),
        (Rule(stranger="always"), 200, 200, 200, 200, 200),
        (Rule(role="steward", place="any", stranger="local"), 401, 200, 200, 200, 403),
    ],
)
def test_a_row_lets_pass_whom_it_names(rule: Rule, nobody: int, here: int, there: int, top: int, wall: int) -> None:
    found = [passes(rule, actor) for actor in (None, HERE, THERE, TOP, WALL)]
    assert found == [nobody, here, there, top, wall]


def test_where_reading_is_open_whoever_signed_in_sees_what_a_stranger_sees() -> None:
    rule = Rule(role="steward", stranger="reading")
    assert {passes(rule, actor, is_reading_open=True) for actor in (None, HERE, THERE, TOP, WALL)} == {200}


@pytest.mark.parametrize("path", ["/quarantine/", "//quarantine", "/QUARANTINE", "/quarantine/x", "/./quarantine"])
def test_an_address_that_is_written_another_way_is_another_address(path: str) -> None:
    assert access.page_of(path).key == access.ANY_PAGE


def test_a_page_is_known_by_its_whole_address() -> None:
    assert access.page_of("/quarantine").key == "PAGE /quarantine"
    assert access.page_of("/wall/heling") == ("PAGE /wall/{community}", {"community": "heling"})
