"""Places that are taken and free: never more taken than there are. Of day care by day, of a nursery as of a day."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.registers.behind import Behind, Value, Writing
from store.language import say


class Places(Behind):
    """``free`` is what is left of ``places``; nothing where one of both numbers is not known."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """How many are free; 422 where more are taken than there are."""
        given: Mapping[str, Any] = writing.values
        places, taken = given.get("places"), given.get("taken")
        if places is None or taken is None:
            return {"free": None}
        if taken > places:
            raise Problem(422, "bad request", say("在用 {taken} 个，多于总数 {places} 个", taken=taken, places=places))
        return {"free": places - taken}


BEHIND = Places()
