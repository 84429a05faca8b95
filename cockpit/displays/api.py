"""Routes of the displays: what they tell of themselves, and how they are steered."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cockpit.displays import heard, kept, steering
from cockpit.displays.programme import taken
from cockpit.displays.tables import MAX_ERROR, MAX_PAGE, MAX_SCENE, MAX_VERSION
from cockpit.people import displays
from cockpit.people.api import told_as_problem
from cockpit.serving.build import build
from geo.communities import communities
from layers.problem import Problem
from layers.roles import DISPLAY
from layers.texts import one_line
from layers.web import CommunityPath, Given, Services, WriteActor
from store.engine import writing
from store.instant import MILLISECOND, format_rfc3339, now

Names = Annotated[
    list[Annotated[str, Field(max_length=80)]] | None,
    Field(min_length=1, max_length=200, description="null, or left out: all of the community"),
]
LONGEST_MS = 10 * 366 * 86_400_000
"""No page stands for longer than ten years."""
Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_MS)]


class Order(BaseModel):
    """What screens are to do: ``scene`` for "go", ``language`` for "language"."""

    model_config = ConfigDict(extra="forbid")
    displays: Names = None
    act: steering.Act
    scene: str | None = Field(None, max_length=MAX_SCENE)
    language: Literal["zh-CN", "en"] | None = None


class NewProgramme(BaseModel):
    """A programme for screens; null: their community's."""

    model_config = ConfigDict(extra="forbid")
    displays: Names = None
    programme: dict[str, Any] | None


class Heartbeat(BaseModel):
    """What a screen says of itself. Ages are in milliseconds before now, by a clock that nobody sets."""

    model_config = ConfigDict(extra="forbid")
    page: str = Field(max_length=MAX_PAGE)
    scene: str | None = Field(None, max_length=MAX_SCENE)
    language: Literal["zh-CN", "en"]
    curtain: bool = Field(False, description="whether it is drawn there, by whomever")
    held: bool = Field(False, description="whether the screen stays at its scene")
    age: Milliseconds
    frames: float | None = Field(None, ge=0, le=1000, description="drawn in a second; null: nobody sees the page")
    memory: int | None = Field(None, ge=0, le=2**50, description="bytes")
    error: str | None = Field(None, max_length=MAX_ERROR)
    error_age: Milliseconds | None = None
    width: int = Field(ge=0, le=100_000)
    height: int = Field(ge=0, le=100_000)
    version: str = Field(max_length=MAX_VERSION)


def router() -> APIRouter:
    """Routes below ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1", tags=["displays"])

    @routes.get("/displays")
    def list_displays(actor: WriteActor, given: Given) -> dict[str, Any]:
        """The displays of the communities where whoever asks has the role: what each is told, and what it says."""
        at = now()
        with given.databases.shared.connect() as connection:
            links = [one for one in displays.known(connection) if actor.is_in(one["community"])]
            told = {one.name: one for one in kept.told(connection, list(communities()))}
            said = heard.newest(connection, at)
        found = [one | _steered(told.get(one["name"])) | _heard(told.get(one["name"]), said) for one in links]
        return {"displays": found, "now": format_rfc3339(at), "version": build()}

    @routes.post("/{community}/displays/steer")
    def steer(body: Order, community: CommunityPath, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Steer screens: each does it within a moment, or when it comes back."""
        order = steering.Order(body.act, body.scene, body.language)
        with writing(given.databases.shared) as connection, told_as_problem():
            done = steering.steer(connection, community, body.displays, order, actor.label)
        return _tell(given, community.code, done)

    @routes.post("/{community}/displays/programme")
    def put_programme(body: NewProgramme, community: CommunityPath, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Give screens a programme, or their community's again."""
        with writing(given.databases.shared) as connection, told_as_problem():
            programme = None if body.programme is None else taken(body.programme)
            done = steering.put_programme(connection, community, body.displays, programme, actor.label)
        return _tell(given, community.code, done)

    @routes.post("/{community}/displays/heartbeat")
    def beat(body: Heartbeat, community: CommunityPath, actor: WriteActor, given: Given) -> dict[str, Any]:
        """A display says how it fares, and is told what is said of it; only the newest word of each is kept."""
        if actor.role != DISPLAY:
            raise Problem(403, "role does not suffice", "only a display says how it fares")
        at = now()
        said = body.model_dump(exclude={"age", "error_age"})
        for name in ("page", "scene", "error"):
            said[name] = None if said[name] is None else one_line(said[name])
        said["since"] = at - body.age * MILLISECOND
        said["error_at"] = None if body.error_age is None else at - body.error_age * MILLISECOND
        with writing(given.databases.shared) as connection:
            one = next(iter(kept.told(connection, [community.code], actor.name)), None)
            if one is not None:
                heard.keep(connection, one.number, heard.Beat(**said), at)
        return {"display": None if one is None else one.record()}

    return routes


def _steered(one: kept.Told | None) -> dict[str, Any]:
    if one is None:  # revoked
        nothing = {"programme": None, "own_programme": False, "chosen": None, "held": False, "curtain": False}
        return nothing | {"steered": None}
    chosen = one.chosen(now())
    return {
        "programme": msgspec.to_builtins(one.shows),
        "own_programme": one.programme is not None,
        "chosen": chosen,
        "held": chosen is not None and one.scene_until is None,
        "curtain": one.curtain,
        "steered": format_rfc3339(max(one.scene_at, one.curtain_at)),
    }


def _heard(one: kept.Told | None, said: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {"heard": said.get(one.number) if one is not None else None}


def _tell(given: Services, community: str, done: list[kept.Told]) -> dict[str, Any]:
    given.tell({community: {kept.LAYER: {str(one.number): one.record() for one in done}}})
    return {"displays": [{"name": one.name} | _steered(one) for one in done]}
