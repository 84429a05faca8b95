"""Who is signed in comes in before strangers, and a stranger's questions of the past come one after another."""

import asyncio
from typing import Any

import pytest

from cockpit.edge.entry import Entries, Entry
from cockpit.edge.refusal import Refused
from store import budgets
from tests.cockpit.edge.small import small_budgets
from tests.running import run_async

__all__ = ["small_budgets"]

QUICK = {"workers": 2, "workers_of_signed_in": 1, "wait_seconds": 0.05, "stranger_past_wait_seconds": 0.05}


def asked(query: str = "", address: str = "198.51.100.1") -> dict[str, Any]:
    return {"type": "http", "path": "/", "query_string": query.encode(), "client": (address, 1), "headers": []}


def stranger(entries: Entries, query: str = "", address: str = "198.51.100.1") -> Entry:
    return entries.entry(asked(query, address), is_known=False, has_credentials=False)


def known(entries: Entries) -> Entry:
    return entries.entry(asked(), is_known=True, has_credentials=True)


def test_strangers_leave_a_place_to_who_is_signed_in(small_budgets: None) -> None:
    budgets.configure(QUICK)

    async def go() -> None:
        entries = Entries()
        for _ in range(2):
            await stranger(entries).take()
        with pytest.raises(Refused):
            await stranger(entries).take()
        first = known(entries)
        await first.take()
        with pytest.raises(Refused):
            await known(entries).take()
        first.give_back()
        await known(entries).take()

    run_async(go())


def test_who_is_signed_in_goes_first_however_many_strangers_wait(small_budgets: None) -> None:
    budgets.configure(QUICK | {"workers": 1, "waiting": 3, "wait_seconds": 5})

    async def go() -> list[str]:
        entries, came = Entries(), []

        async def one(name: str, entry: Entry) -> None:
            await entry.take()
            came.append(name)
            await asyncio.sleep(0.01)
            entry.give_back()

        begun = [asyncio.create_task(one(f"stranger {number}", stranger(entries))) for number in range(4)]
        begun += [asyncio.create_task(one(f"known {number}", known(entries))) for number in range(4)]
        await asyncio.gather(*begun)
        return came

    came = run_async(go())
    assert sorted(came[-3:]) == ["stranger 1", "stranger 2", "stranger 3"]


def test_whose_credentials_are_nobodys_stands_behind_other_strangers(small_budgets: None) -> None:
    budgets.configure(QUICK)

    async def go() -> None:
        entries = Entries()
        for _ in range(2):
            await stranger(entries).take()
        false = entries.entry(asked(), is_known=False, has_credentials=True)
        await false.take()
        with pytest.raises(Refused):
            await false.as_stranger()
        false.give_back()
        await known(entries).take()
        steward = known(entries)
        await steward.as_stranger()  # found to be signed in a moment ago, and this route asks nobody who they are

    run_async(go())


@pytest.mark.parametrize("query", ["at=2026-11-27T00:00:00Z", "limit=1&from=2026-11-27"])
def test_questions_of_the_past_from_one_address_take_turns(small_budgets: None, query: str) -> None:
    budgets.configure(QUICK)

    async def go() -> int:
        entries = Entries()
        first = stranger(entries, query)
        await first.take()
        with pytest.raises(Refused):
            await stranger(entries, query).take()
        other = stranger(entries, query, "198.51.100.2")
        await other.take()
        other.give_back()
        present = stranger(entries, "at=")
        await present.take()
        present.give_back()
        first.give_back()
        again = stranger(entries, query)
        await again.take()
        again.give_back()
        return len(entries._turns)

    assert run_async(go()) == 0, "nothing is remembered of who asks no more"
