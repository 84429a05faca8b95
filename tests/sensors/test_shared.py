"""What takes its time to find out is found out once for all who ask meanwhile."""

import asyncio
import threading

import pytest

from sensors.shared import Shared
from tests.running import run_async


def test_who_asks_meanwhile_hears_the_same_and_who_asks_after_hears_anew() -> None:
    found: list[int] = []
    goes_on = threading.Event()

    def find() -> int:
        found.append(len(found))
        goes_on.wait(5)
        if len(found) > 1:
            raise ValueError("away")
        return found[-1]

    async def ask() -> None:
        shared = Shared(find)
        asking = [asyncio.create_task(shared.answer()) for _ in range(50)]
        await asyncio.sleep(0.05)
        asking[0].cancel()
        goes_on.set()
        assert await asyncio.gather(*asking[1:]) == [0] * 49
        with pytest.raises(ValueError, match="away"):
            await shared.answer()

    run_async(ask())
    assert found == [0, 1]
