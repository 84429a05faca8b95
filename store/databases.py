"""One database for all communities, or one for some of them, so that the store splits along that line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine

from store.engine import apart
from store.turns import Duty


@dataclass(frozen=True)
class Databases:
    """``shared`` holds what belongs to no community, and every community without one of its ``own``."""

    shared: Engine
    own: Mapping[str, Engine] = field(default_factory=dict)

    def of(self, community: str) -> Engine:
        """The database of a community."""
        return self.own.get(community, self.shared)

    def of_all(self, communities: Iterable[str]) -> list[Engine]:
        """The databases of these communities, each once; of all where none is named."""
        chosen = list(communities)
        engines = [self.of(code) for code in chosen] if chosen else [self.shared, *self.own.values()]
        return list(dict.fromkeys(engines))

    @property
    def all(self) -> list[Engine]:
        """Every database, each once."""
        return self.of_all(())

    def apart(self, duty: Duty) -> "Databases":
        """The same databases through connections of their own: one duty never waits for another's."""
        engines = {engine: apart(engine, duty) for engine in self.all}
        return Databases(engines[self.shared], {code: engines[engine] for code, engine in self.own.items()})

    def close(self) -> None:
        """Give all connections back."""
        for engine in self.all:
            engine.dispose()
