"""Routes of the nine scenes and their indicators."""

from typing import Any

from fastapi import APIRouter, Response

from layers.indicators import asked, figures, kept, told
from layers.indicators.declare import Indicator
from layers.indicators.entered import entries
from layers.people import told_to
from layers.problem import Problem
from layers.roles import EVERYBODY, Actor, suffices
from layers.scenes import scenes
from layers.texts import one_line
from layers.web import CommunityPath as Community
from layers.web import Given, Limit, Manager, Reading, Services, StaffAt, Viewer
from store.engine import writing

HIDDEN: dict[str, Any] = {"formula": {}}
"""What is counted is for those who may see the figure."""
CURVE = 24
"""Periods of an indicator's own curve."""


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["indicators"])

    @routes.get("/scenes")
    def nine(community: Community) -> dict[str, Any]:
        """The nine scenes (九场景) that a future community is judged by, in their order."""
        return {"scenes": [told.scene_words(code) for code in scenes()]}

    @routes.get("/scenes/leading")
    def leading(community: Community, connection: Reading, at: StaffAt) -> dict[str, Any]:
        """The nine scenes, each with the figure that stands for it on the wall; null where there is none."""
        found = figures.leading(connection, community.code, at)
        return {
            "scenes": [
                told.scene_words(code) | {"figure": told.figure(found[code]) if code in found else None}
                for code in scenes()
            ]
        }

    @routes.get("/scenes/{scene}")
    def scene(community: Community, connection: Reading, viewer: Viewer, at: StaffAt, scene: str) -> dict[str, Any]:
        """A scene's indicators: each with its figure, target, curve, and the address of the rows that make it.

        ``value`` is null and ``source`` "not configured" where nobody has said anything; null too where fewer than five
        people stand behind it and whoever asks is no steward.
        """
        if scene not in scenes():
            raise Problem(404, "not found", f"no scene {scene[:40]!r}; there are: {', '.join(scenes())}")
        found = figures.scene(connection, community.code, scene, at, sees=sees(viewer, community.code))
        shown = [told.figure(one) | _seen(viewer, community.code, one.of) for one in found]
        return {"scene": told.about_scene(scene, community.code), "indicators": shown}

    _indicators(routes)
    return routes


def _indicators(routes: APIRouter) -> None:
    @routes.get("/indicators")
    def every(community: Community, connection: Reading, viewer: Viewer, at: StaffAt) -> dict[str, Any]:
        """The indicators of a community with what defines them, without their figures."""
        found = kept.indicators(connection, community.code, at).values()
        return {"indicators": [told.definition(one) | _seen(viewer, community.code, one) for one in found]}

    @routes.get("/indicators/{code}")
    def one(
        community: Community, connection: Reading, viewer: Viewer, at: StaffAt, code: str, limit: Limit = 200
    ) -> dict[str, Any]:
        """An indicator with its curve, definition, what was entered, its targets and versions, newest first."""
        found = kept.one(connection, community.code, code, at)
        figure = figures.figure(connection, community.code, found, at, sees(viewer, community.code), CURVE)
        answer = told.figure(figure)
        if not suffices(viewer, community.code, found.sees):
            return answer | HIDDEN | {"entries": [], "targets": [], "versions": [], "target": None}
        set_ = kept.targets(connection, community.code, at).get(code, [])
        answer |= {
            "entries": [told.entry(row) for row in entries(connection, community.code, code, at, limit)],
            "targets": [told.target(row) for row in set_[:limit]],
            "versions": [told.version(row) for row in kept.versions(connection, community.code, code, at)[:limit]],
        }
        return dict(told_to(viewer, community.code, answer))

    @routes.post("/indicators", status_code=201)
    def add(
        body: asked.NewIndicator, community: Community, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """A new indicator of a scene; 200 where it is the next version of one that was added."""
        new = asked.indicator_of(body)
        with _changing(given, community.code) as connection:
            seq = kept.add(connection, community.code, new, one_line(body.reason), actor)
        if seq > 1:
            response.status_code = 200
        return {"code": new.code, "seq": seq}

    @routes.post("/indicators/{code}/values", status_code=201)
    def enter(
        body: asked.NewValue, community: Community, given: Given, actor: Manager, code: str, response: Response
    ) -> dict[str, Any]:
        """Enter a value of a day, with its source; 200 where that reference was entered already."""
        entry = asked.entry_of(body)
        with _changing(given, community.code) as connection:
            number, is_new = kept.enter(connection, community.code, code, entry, actor)
        if not is_new:
            response.status_code = 200
        return {"id": number}

    @routes.post("/indicators/{code}/target", status_code=201)
    def target(body: asked.NewTarget, community: Community, given: Given, actor: Manager, code: str) -> dict[str, Any]:
        """Set the target of an indicator's period from a day on; null takes it away."""
        day = asked.day("date", body.date)
        with _changing(given, community.code) as connection:
            kept.set_target(connection, community.code, code, body.value, day, one_line(body.reason), actor)
        return {"code": code, "value": body.value}


def _seen(viewer: Actor | None, community: str, one: Indicator) -> dict[str, Any]:
    return {} if suffices(viewer, community, one.sees) else HIDDEN


def _changing(given: Services, community: str) -> Any:
    return writing(given.databases.of(community))


def sees(viewer: Actor | None, community: str) -> str:
    """The role that somebody reads in; everybody's where they have none there."""
    return viewer.role if viewer is not None and viewer.is_in(community) else EVERYBODY
