"""How a request comes to its place: who is signed in before strangers, and a stranger's dear question after another.

Who asks is only known once it was looked up, behind the line. So whoever shows credentials comes in as somebody who is
signed in, for as long as that takes, and stands in the strangers' line where nobody was found.
"""

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from starlette.types import Scope

from cockpit.edge.admission import Admission, Place
from cockpit.edge.questions import address_of

OF_THE_PAST = frozenset({"at", "from"})
"""What in an address asks of a past time, or of a period of it: that costs more than the present does."""


class Entries:
    """The places of this process, and the turns of strangers' questions of the past, by address."""

    def __init__(self) -> None:
        self._workers = Admission()
        self._turns: dict[str, Admission] = {}

    def entry(self, scope: Scope, *, is_known: bool, has_credentials: bool) -> "Entry":
        """The way in of a request: whether it is known to be of somebody signed in, or says so."""
        return Entry(self._workers, self._turns, scope, is_known=is_known, has_credentials=has_credentials)


class Entry:
    """The way in of one request."""

    def __init__(
        self, workers: Admission, turns: dict[str, Admission], scope: Scope, *, is_known: bool, has_credentials: bool
    ) -> None:
        self._workers = workers
        self._turns = turns
        self._scope = scope
        self._is_known = is_known
        self._is_stranger = not (is_known or has_credentials)
        self._place = Place(workers, is_signed_in=not self._is_stranger)
        self._turn: Place | None = None

    async def take(self) -> None:
        """Take a place; a stranger's question of the past waits before for those of the same address.

        Raises
        ------
        Refused
            503, where a line is full or the wait too long.
        """
        if self._is_stranger and _asks_of_the_past(self._scope):
            await self._take_turn()
        await self._place.take()

    async def as_stranger(self) -> None:
        """Nobody was found behind the credentials: the place that is only for who is signed in is somebody else's.

        Raises
        ------
        Refused
            As `take` does.
        """
        if self._is_known or self._is_stranger:
            return
        self._is_stranger = True
        had_place = self._place.is_held
        self._place.give_back()
        self._place = Place(self._workers)
        if had_place:
            await self.take()

    def give_back(self) -> None:
        """Let the next ones in."""
        self._place.give_back()
        if self._turn is not None:
            self._turn.give_back()
            self._forget_turns()

    @contextlib.asynccontextmanager
    async def stepped_out(self) -> AsyncIterator[None]:
        """Without the place while somebody slow is waited for."""
        async with self._place.stepped_out():
            yield

    async def _take_turn(self) -> None:
        turns = self._turns.setdefault(
            address_of(self._scope), Admission("stranger_past_at_once", patience="stranger_past_wait_seconds")
        )
        self._turn = Place(turns)
        try:
            await self._turn.take()
        except BaseException:
            self._forget_turns()
            raise

    def _forget_turns(self) -> None:
        address = address_of(self._scope)
        if address in self._turns and self._turns[address].is_idle:
            del self._turns[address]


def _asks_of_the_past(scope: Scope) -> bool:
    query = scope.get("query_string", b"").decode("latin-1")
    return any(name in OF_THE_PAST for name, _ in parse_qsl(query))
