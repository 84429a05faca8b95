"""Routes of the words that devices use for metrics."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from layers.declare import followers
from layers.devices.commands import find_device
from layers.problem import Problem
from layers.web import CommunityPath, Given, Manager
from sensors.devices.words import Key, Scope
from sensors.errors import WordError
from sensors.readings.renaming import declare, foreseen, withdraw


class Meaning(BaseModel):
    """What a word means."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    word: str = Field(min_length=1, max_length=64, description="as the device says it")
    metric: str | None = Field(
        max_length=64, description="what it means; null: itself again, and what came by it goes back"
    )
    for_: Literal["device", "kind"] = Field("device", alias="for", description="whose word it is")
    foresee: bool = Field(False, description="only count what would follow; nothing is changed")


def add_routes(routes: APIRouter) -> None:
    """Add the route."""
    routes.post("/devices/{device}/words")(mean)


def mean(community: CommunityPath, given: Given, actor: Manager, device: str, body: Meaning) -> dict[str, Any]:
    """Have a word of a device, or of its kind, mean a metric: what was stored under it follows, and is counted.

    ``twice`` are readings that stand under the metric too, at the same time, and stay under the word. Taken back, the
    word has back the ``readings`` that came by it, and only those.
    """
    engine = given.databases.of(community.code)
    with engine.connect() as connection:
        known = find_device(connection, community.code, device)
    subject = known.id if body.for_ == "device" else known.kind
    key = Key(community.code, Scope(body.for_), subject, body.word)
    told: dict[str, Any] = {"word": body.word, "metric": body.metric, "for": body.for_}
    try:
        if body.metric is not None and body.foresee:
            with engine.connect() as connection:
                return told | asdict(foreseen(connection, key, body.metric))
        if body.metric is not None:
            return told | asdict(declare(engine, key, body.metric, actor.label, followers()))
        return told | asdict(withdraw(engine, key, actor.label, followers()))
    except WordError as error:
        raise Problem(400, "bad request", str(error)) from None
