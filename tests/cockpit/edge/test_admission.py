"""The line before pages and API: short, in order, and nobody waits in it for long."""

import asyncio

import pytest

from cockpit.edge.admission import Admission, Place
from cockpit.edge.refusal import Refused
from store import budgets
from tests.cockpit.edge.small import small_budgets
from tests.running import run_async

__all__ = ["small_budgets"]


def test_as_many_as_there_are_places_work_and_the_rest_wait_in_order(small_budgets: None) -> None:
    async def go() -> list[str]:
        admission, done = Admission(), []

        async def one(name: str) -> None:
            place = Place(admission)
            await place.take()
            await asyncio.sleep(0.05)
            done.append(name)
            place.give_back()

        await asyncio.gather(*(one(name) for name in "abcd"))
        return done

    budgets.configure({"workers": 1, "waiting": 3, "wait_seconds": 5})
    assert run_async(go()) == list("abcd")


def test_who_finds_the_line_full_is_told_at_once_and_who_waits_too_long_soon(small_budgets: None) -> None:
    budgets.configure({"workers": 1, "waiting": 1, "wait_seconds": 0.2})

    async def go() -> list[int]:
        admission = Admission()
        await admission.enter()
        found = []
        for answer in await asyncio.gather(admission.enter(), admission.enter(), return_exceptions=True):
            assert isinstance(answer, Refused)
            assert answer.headers is not None
            assert answer.headers["Retry-After"] == "1"
            found.append(answer.status_code)
        admission.leave()
        await asyncio.wait_for(admission.enter(), 0.1)  # those who gave up left no place behind that is taken
        return found

    assert run_async(go()) == [503, 503]


def test_a_place_is_free_while_its_owner_waits_for_somebody_slow(small_budgets: None) -> None:
    budgets.configure({"workers": 1, "waiting": 1, "wait_seconds": 0.2})

    async def go() -> None:
        admission = Admission()
        slow, quick = Place(admission), Place(admission)
        await slow.take()
        async with slow.stepped_out():
            await quick.take()
            quick.give_back()
            quick.give_back()
        with pytest.raises(Refused):
            await quick.take()
        slow.give_back()
        await quick.take()

    run_async(go())


def test_whoever_stepped_out_is_not_sent_away_for_what_took_long(small_budgets: None) -> None:
    budgets.configure({"workers": 1, "waiting": 1, "wait_seconds": 0.05})

    async def go() -> None:
        admission = Admission()
        slow, quick, next_one = Place(admission), Place(admission), Place(admission)
        await slow.take()
        async with slow.stepped_out():
            await quick.take()
            line = asyncio.create_task(next_one.take())
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.2, quick.give_back)
        assert slow._held, "its place came after four times the patience of others"
        with pytest.raises(Refused):
            await line

    run_async(go())


def test_whoever_goes_away_in_the_line_holds_nothing(small_budgets: None) -> None:
    budgets.configure({"workers": 1, "waiting": 5, "wait_seconds": 5})

    async def go() -> None:
        admission = Admission()
        await admission.enter()
        waiting = asyncio.create_task(admission.enter())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        admission.leave()
        await asyncio.wait_for(admission.enter(), 0.1)

    run_async(go())
