"""Programs of others take turns: a slow one holds up the next of them, and no page."""

import asyncio
import threading

import httpx
from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from cockpit.edge.budget import Budget
from cockpit.ogc.turns import turns
from cockpit.web import answer_errors
from store import budgets
from tests.cockpit.edge.small import small_budgets
from tests.running import run_async

__all__ = ["small_budgets"]


def test_who_waits_for_a_turn_takes_no_place_from_pages_and_is_told_to_come_again(small_budgets: None) -> None:
    budgets.configure({"workers": 2, "open_at_once": 1, "open_waiting": 2, "open_wait_seconds": 30})
    turn, begun, may_end = turns(), threading.Event(), threading.Event()
    app = FastAPI(middleware=[Middleware(Budget)])
    answer_errors(app)

    @app.get("/open", dependencies=[Depends(turn, scope="function")])
    def opened() -> str:
        begun.set()
        may_end.wait(10)
        return "open"

    @app.get("/page")
    def page() -> str:
        return "page"

    async def go() -> tuple[list[httpx.Response], list[httpx.Response], list[int]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cockpit") as client:
            first = asyncio.create_task(client.get("/open"))
            await asyncio.to_thread(begun.wait, 5)
            later = [asyncio.create_task(client.get("/open")) for _ in range(4)]
            pages = [(await client.get("/page")).status_code for _ in range(20)]
            while sum(one.done() for one in later) < 2:
                await asyncio.sleep(0)
            refused = [one.result() for one in later if one.done()]
            may_end.set()
            answered = await asyncio.gather(first, *(one for one in later if not one.done()))
            return refused, answered, pages

    refused, answered, pages = run_async(go())
    assert [(one.status_code, one.headers["retry-after"]) for one in refused] == [(503, "1")] * 2
    assert [one.status_code for one in answered] == [200] * 3
    assert pages == [200] * 20
