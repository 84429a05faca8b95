"""Acts done: each once, through its route, as of its own moment; and noted, so that it is known to be invented."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Engine

from cockpit.demonstration.acts import Act, Drawing, Grids, Made
from cockpit.demonstration.application import Answered, Application
from cockpit.demonstration.pictures import drawn
from cockpit.demonstration.survey import grids
from store import demonstration
from store.demonstration import REFUSED
from store.engine import writing
from store.instant import Instant

log = structlog.get_logger(__name__)

TOGETHER = 40
"""So many acts are noted in one transaction; one that was done and not noted is done again, and is the same."""
NUMBERED = frozenset({"row", "member", "meeting", "partner", "deed", "closing", "duty"})
"""Kinds whose ids are numbers."""
BUSY = 503


@dataclass
class Performer:
    """Does the acts of a community."""

    community: str
    application: Application
    engine: Engine
    pause_s: float = 0.0
    """Between two acts, so that what lives goes before."""
    refused: int = 0
    performed: int = 0
    """How many acts it did, refused or not."""
    _done: dict[str, str] = field(default_factory=dict)
    _unnoted: list[dict[str, str]] = field(default_factory=list)

    def remember(self) -> None:
        """Know what was done before."""
        with self.engine.connect() as connection:
            self._done = demonstration.known(connection, self.community)

    def is_done(self, act: Act) -> bool:
        """Whether the act was done already."""
        return act.key in self._done

    async def perform(self, acts: Iterable[Act], now: Instant) -> int:
        """Do those that are due at ``now`` and not done; how many they were. A refused one is not tried again."""
        count = 0
        for act in acts:
            if act.at > now or self.is_done(act):
                continue
            ref = await self._do(act)
            self._done[act.key] = ref
            kind = act.kind if ref else REFUSED
            self._unnoted.append({"community": self.community, "key": act.key, "kind": kind, "ref": ref})
            count += 1
            self.performed += 1
            if len(self._unnoted) >= TOGETHER:
                self.note()
            await asyncio.sleep(self.pause_s)
        self.note()
        return count

    def note(self) -> None:
        """Write down what was done."""
        if self._unnoted:
            with writing(self.engine) as connection:
                demonstration.keep(connection, self._unnoted)
            self._unnoted = []

    async def _do(self, act: Act) -> str:
        try:
            body = self._resolved(act.body)
            path = "/".join(["/api/v1", self.community, *(str(self._resolved(part)) for part in act.path)])
        except KeyError as error:
            return self._not_done(act, f"what it needs was not made: {error}")
        if act.sees:
            seen = await self._ask(act, "GET", path)
            if not seen.is_good:
                return self._not_done(act, seen.body)
            body = {**body, "seq": seen.body["seq"]}
        answered = await self._ask(act, "POST", path, body)
        return _ref(answered, act) if answered.is_good else self._not_done(act, answered.body)

    async def _ask(self, act: Act, method: str, path: str, body: Any = None) -> Answered:
        given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        answered = await self.application.ask(act.by, method, path, act.at, **given)
        while answered.status == BUSY:
            await asyncio.sleep(1)
            answered = await self.application.ask(act.by, method, path, act.at, **given)
        return answered

    def _not_done(self, act: Act, why: Any) -> str:
        self.refused += 1
        log.warning("demonstration_refused", community=self.community, act=act.key, why=why)
        return ""

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Made):
            ref = self._done[value.key]
            if not ref:
                raise KeyError(value.key)
            return int(ref) if ref.isdecimal() and len(ref) < 16 else ref
        if isinstance(value, Drawing):
            return drawn(value.motif, int(hashlib.sha256(value.caption.encode()).hexdigest()[:4], 16))
        if isinstance(value, Grids):
            return grids(self.community)
        if isinstance(value, dict):
            return {name: self._resolved(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._resolved(one) for one in value]
        return value


def _ref(answered: Answered, act: Act) -> str:
    """The id of what was made; of a step and what has no id of its own, the act's key."""
    body = answered.body if isinstance(answered.body, dict) else {}
    found = body.get("id")
    return str(found) if found is not None and act.kind not in ("step", "picture") else act.key[:64]
