"""The same step for many events at once: each by itself, so that one that may not be taken holds up no other."""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Engine

from layers.grid_events import write
from layers.problem import Problem
from layers.roles import Actor
from store.engine import writing

MOST = 200


class Chosen(BaseModel):
    """An event, and the newest step of it that was seen."""

    id: str = Field(max_length=32)
    seq: int | None = None


class BatchStep(BaseModel):
    """A step that is asked for many events."""

    events: list[Chosen] = Field(min_length=1, max_length=MOST)
    to: str = Field(max_length=16, description="a state, or assigned")
    note: str = Field("", max_length=2000)
    assignee: str | None = Field(None, max_length=80, description="left out: the steward of each event's grid")


def advance(
    engine: Engine, community: str, asked: BatchStep, actor: Actor, staff: Collection[str]
) -> list[dict[str, Any]]:
    """Take each event the step; answers for each whether it was taken, and why not."""
    return [_one(engine, community, asked, chosen, actor, staff) for chosen in asked.events]


def _one(
    engine: Engine, community: str, asked: BatchStep, chosen: Chosen, actor: Actor, staff: Collection[str]
) -> dict[str, Any]:
    wanted = write.Wanted(to=asked.to, note=asked.note, seen=chosen.seq, assignee=asked.assignee)
    try:
        with writing(engine) as connection:
            write.advance(connection, community, chosen.id, wanted, actor, staff)
    except Problem as problem:
        why = {"status": problem.status, "detail": problem.detail, "reason": problem.more.get("reason")}
        return {"id": chosen.id, "taken": False} | why
    return {"id": chosen.id, "taken": True}
