"""Programs of others wait for each other, and no page for them: few are worked on at a time, the rest in line."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from fastapi import Request

from cockpit.edge.admission import Admission, Place

Turn = Callable[[Request], AsyncIterator[None]]
"""A dependency that is passed when it is one's turn, and holds it while the route is at work."""


def turns() -> Turn:
    """One line of those that are worked on at a time (budget ``open_at_once``)."""
    line = Admission("open_at_once", "open_waiting", "open_wait_seconds")

    async def turn(request: Request) -> AsyncIterator[None]:
        place = Place(line)
        try:
            if line.is_free:
                await place.take()
            else:
                step_out: Callable[[], AbstractAsyncContextManager[None]] = request.state.step_out
                # Who waits here takes no place among the requests that are worked on.
                async with step_out():
                    await place.take()
            yield
        finally:
            place.give_back()

    return turn
