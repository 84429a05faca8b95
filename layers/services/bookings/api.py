"""Routes of the use of rooms: totals for everybody, no titles."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from layers.problem import Problem
from layers.services.bookings import use
from layers.web import At, CommunityPath, Reading, Viewer, check_period, instant_query
from store.instant import DAY, day_of, format_rfc3339, now


def add_to(routes: APIRouter) -> None:
    """Its routes below ``/api/v1/{community}``."""

    @routes.get("/bookings/use")
    def use_of_rooms(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        at: At,
        room: Annotated[str | None, Query(max_length=64, description="left out: all")] = None,
        since: Annotated[str | None, Query(alias="from", max_length=40, description="left out: today")] = None,
        until: Annotated[str | None, Query(alias="to", max_length=40, description="left out: a day after from")] = None,
    ) -> dict[str, Any]:
        """Rooms with the minutes of each hour that are booked, whether each is busy now, and until when.

        Never by whom or what for. Hours that are not named are free; ``until`` is null where no end is known.
        """
        moment = now() if at is None else at
        begin = instant_query("from", since)
        begin = day_of(moment) if begin is None else begin
        end = instant_query("to", until)
        end = begin + DAY if end is None else end
        check_period(begin, end, viewer)
        rooms = use.told(connection, community.code, begin, end, moment, at)
        known = [one["room"] for one in rooms]
        if room is not None and room not in known:
            raise Problem(404, "not found", f"no room {room!r}")
        return {
            "from": format_rfc3339(begin),
            "to": format_rfc3339(end),
            "rooms": [one for one in rooms if room in (None, one["room"])],
        }
