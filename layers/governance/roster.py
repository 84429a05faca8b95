"""Routes of the roster (T7, T9): who looks after which grid."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from geo import ground, stewards
from geo.stewards import NoAccount
from layers.governance.changes import changing
from layers.people import told_to
from layers.problem import Problem
from layers.staff import no_account
from layers.web import At, CommunityPath, Given, Manager, Reading, Viewer
from store import audit
from store.instant import now


def add_to(routes: APIRouter) -> None:
    """Its routes below ``/api/v1/{community}``."""

    @routes.get("/stewards")
    def list_stewards(community: CommunityPath, connection: Reading, viewer: Viewer, at: At) -> dict[str, Any]:
        """The grids with their stewards, and how many of all have one; null where no grid is imported.

        Names are for those who may see them; ``has_steward`` is for everybody.
        """
        who = stewards.of_grids(connection, community.code, at)
        grids = ground.rows(community.code, "grids")
        rows = [{"grid": row["code"], "name": row["name"], "steward": who.get(row["code"])} for row in grids]
        for row in rows:
            row["has_steward"] = row["steward"] is not None
        covered = sum(row["has_steward"] for row in rows)
        return {
            "grids": told_to(viewer, community.code, rows),
            "covered": covered if rows else None,
            "count": len(rows),
        }

    @routes.post("/stewards/{grid}")
    def appoint(
        community: CommunityPath,
        given: Given,
        actor: Manager,
        grid: str,
        name: Annotated[str | None, Body(embed=True, description="left out: nobody")] = None,
    ) -> dict[str, Any]:
        """Let one of the community's accounts look after a grid from now on; 400 for any other name."""
        staff = given.staff(community.code)
        try:
            with changing(given, community.code) as connection:
                stewards.appoint(connection, community.code, grid, name, now(), staff)
                audit.record(connection, actor.label, "steward.appoint", f"{community.code}/{grid}", {"name": name})
        except LookupError as error:
            raise Problem(404, "not found", str(error)) from None
        except NoAccount as error:
            raise no_account(error) from None
        return {"grid": grid, "steward": name}
