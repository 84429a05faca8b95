"""Features page by page: a page ends where the rest is too large for one answer, and takes no longer than it may."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sensors.devices import registry
from sensors.devices.registry import Device
from store import budgets
from tests.cockpit.edge.small import small_budgets
from tests.database import new_database
from tests.permissions import application
from tests.running import run_async

__all__ = ["small_budgets"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A community with devices and its ground."""
    engine = new_database(tmp_path_factory.mktemp("items"))
    for number in range(9):
        registry.add(engine, Device(id=f"air-{number}", community="heling", kind="air", name=f"测点 {number}"))
    yield application(engine)
    engine.dispose()


def get(app: FastAPI, address: str) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cockpit") as client:
            return await client.get(address)

    return run_async(asked())


def pages(app: FastAPI, collection: str) -> list[dict[str, Any]]:
    """Every page of a collection, each as large as may be asked for."""
    found = [get(app, f"/ogc/heling/collections/{collection}/items?limit=1000").json()]
    while following := [one["href"] for one in found[-1]["links"] if one["rel"] == "next"]:
        found.append(get(app, following[0]).json())
    return found


def ids(told: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for page in told for one in page["features"]]


@pytest.mark.parametrize(("collection", "most"), [("buildings", 20_000), ("devices", 500), ("areas", 10)])
def test_a_page_holds_what_fits_into_one_answer_and_leads_on(
    app: FastAPI, small_budgets: None, collection: str, most: int
) -> None:
    [whole] = pages(app, collection)
    budgets.configure({"list_bytes": most})
    parts = pages(app, collection)
    assert len(parts) > 2
    assert ids(parts) == ids([whole])
    assert all(page["numberReturned"] == len(page["features"]) >= 1 for page in parts)


def test_a_page_takes_no_longer_than_it_may(app: FastAPI, small_budgets: None) -> None:
    budgets.configure({"open_seconds": 1e-6})
    told = get(app, "/ogc/heling/collections/devices/items")
    assert (told.status_code, told.json()["code"]) == (400, "too_much_at_once")
