"""Views of lists that people keep with their account: a name for what a page's list is narrowed to."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, func, select

from layers.problem import Problem
from layers.web import CommunityPath, Given, Reading, WriteActor
from store.engine import upsert, writing
from store.instant import now
from store.language import say
from store.metadata import metadata

MOST = 50
"""Views that somebody may keep of a page."""
PAGES = ("events",)
KEY = ("account", "community", "page", "name")

saved_view = Table(
    "saved_view",
    metadata,
    Column("account", String(100), primary_key=True),
    Column("community", String(64), primary_key=True),
    Column("page", String(40), primary_key=True),
    Column("name", String(60), primary_key=True),
    # The query of the page's address, without the community and the time.
    Column("asked", String(2000), nullable=False),
    Column("at", BigInteger, nullable=False),
)


class View(BaseModel):
    """A view that is to be kept."""

    page: str = Field(max_length=40, description="events")
    name: str = Field(min_length=1, max_length=60)
    asked: str = Field(max_length=2000, description="the query of the page's address")


class Named(BaseModel):
    """A view that is kept."""

    page: str = Field(max_length=40)
    name: str = Field(max_length=60)


def router() -> APIRouter:
    """Routes below ``/api/v1/{community}/views``: each sees and changes only their own."""
    routes = APIRouter(prefix="/api/v1", tags=["views"])

    @routes.get("/{community}/views")
    def kept(
        community: CommunityPath,
        connection: Reading,
        actor: WriteActor,
        page: Annotated[str, Query(max_length=40)] = PAGES[0],
    ) -> dict[str, Any]:
        """One's own views of a page, by their names."""
        return {"views": _kept(connection, actor.label, community.code, page)}

    @routes.post("/{community}/views", status_code=201)
    def keep(community: CommunityPath, given: Given, actor: WriteActor, view: View) -> dict[str, Any]:
        """Keep a view; one of the same name is replaced."""
        if view.page not in PAGES:
            raise Problem(400, "bad request", f"page {view.page!r} is not one of {', '.join(PAGES)}")
        name = view.name.strip()
        if not name:
            raise Problem(400, "bad request", say("name: 请给视图起个名字"))
        row = {"account": actor.label, "community": community.code, "page": view.page, "name": name}
        with writing(given.databases.of(community.code)) as connection:
            of_page = [saved_view.c[column] == row[column] for column in KEY[:3]]
            others = select(func.count()).where(*of_page, saved_view.c.name != name)
            if (connection.scalar(others) or 0) >= MOST:
                raise Problem(409, "enough views", say("最多保存 {most} 个视图；请先删去不用的", most=MOST))
            filled = {"asked": view.asked.lstrip("?"), "at": now()}
            keeping = upsert(connection, saved_view).values(row | filled)
            connection.execute(keeping.on_conflict_do_update(index_elements=KEY, set_=filled))
            return {"views": _kept(connection, actor.label, community.code, view.page)}

    @routes.post("/{community}/views/remove")
    def remove(community: CommunityPath, given: Given, actor: WriteActor, view: Named) -> dict[str, Any]:
        """Keep a view no more."""
        row = {"account": actor.label, "community": community.code, "page": view.page, "name": view.name}
        with writing(given.databases.of(community.code)) as connection:
            connection.execute(delete(saved_view).where(*(saved_view.c[column] == row[column] for column in KEY)))
            return {"views": _kept(connection, actor.label, community.code, view.page)}

    return routes


def _kept(connection: Connection, account: str, community: str, page: str) -> list[dict[str, str]]:
    c = saved_view.c
    of_page = (c.account == account, c.community == community, c.page == page)
    found = connection.execute(select(c.name, c.asked).where(*of_page).order_by(c.name))
    return [{"name": row.name, "asked": row.asked} for row in found]
