"""Check-ins: nobody has been seen tomorrow, or they would not be overdue until then."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.registers.behind import Behind, Value, Writing
from layers.web import SKEW
from store.language import say


class CheckIns(Behind):
    """A check-in is of now or before; the clock of who enters it may be a little ahead."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; 422 for a time to come."""
        given: Mapping[str, Any] = writing.values
        if given["seen"] > writing.at + SKEW:
            raise Problem(422, "bad request", say("看望的时间还没有到"))
        return {}


BEHIND = CheckIns()
