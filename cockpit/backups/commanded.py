"""A backup by a command: made as any other, stopped as any other, and kept as a row however it ends."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups import kept, making
from cockpit.backups.maker import Stopped, Teller
from cockpit.backups.making import Made
from cockpit.backups.tables import FAILED, STOPPED
from cockpit.backups.targets import Target
from cockpit.settings import Settings
from store.backup import BackupError, Progress
from store.databases import Databases
from store.engine import writing
from store.migrate import is_current, revision
from store.why import first_line

log = structlog.get_logger(__name__)

Tell = Callable[[Progress], None]


def make(settings: Settings, databases: Databases, target: Target, scope: str, actor: str, tell: Tell) -> Made:
    """Make a backup of what is there, whatever its schema; ``scope``: of this community's own database alone.

    Raises
    ------
    BackupError, OSError, SQLAlchemyError
        Nothing of it is left then, but why it failed.
    BadSetting
        If the settings of the keys will not do.
    """
    found = making.databases_by_name(databases, scope)
    engines = {name: engine for name, engine in found.items() if revision(engine) is not None}
    if not engines:
        raise BackupError("there is nothing to back up: no database was made yet")
    # Of a community's own database alone: that one keeps it, and nobody takes it for a backup of all.
    keeper = databases.of(scope) if scope else databases.shared
    others = [] if scope else [engine for engine in databases.all if engine is not keeper]
    with _kept(keeper, others, target.where, actor) as row:
        is_first = not kept.was_any(databases.all, target.where)
        with row.teller() as living:

            def both(progress: Progress) -> None:
                living(progress)
                tell(progress)

            made = making.make(settings, engines, both, is_first=is_first, scope=scope, target=target, is_by_hand=True)
        row.ends = lambda connection, number: kept.made(
            connection, number, made.file, made.bytes, made.rows, made.lacks
        )
    return made


class _Row:
    """The row of a backup; without a number it is kept nowhere: the database is of another schema, or takes nothing."""

    def __init__(self, keeper: Engine, number: int | None) -> None:
        self.keeper, self.number = keeper, number
        self.ends: Callable[[Any, int], None] = lambda _connection, _number: None

    @contextlib.contextmanager
    def teller(self) -> Iterator[Tell]:
        """Tells how far it is, and hears whether it is to go on."""
        if self.number is None:
            yield lambda _progress: None
            return
        with Teller(self.keeper, self.number) as tell:
            yield tell

    def failed(self, state: str, reason: str | None = None) -> None:
        """It ended so."""
        self.ends = lambda connection, number: kept.finish(connection, number, state, reason=reason)


@contextlib.contextmanager
def _kept(keeper: Engine, others: list[Engine], where: str, actor: str) -> Iterator[_Row]:
    row = _Row(keeper, _begun(keeper, where, actor))
    try:
        yield row
    except (Stopped, KeyboardInterrupt):
        row.failed(STOPPED)
        raise
    except Exception as error:
        row.failed(FAILED, first_line(error))
        raise
    finally:
        _end(row, others)


def _begun(keeper: Engine, where: str, actor: str) -> int | None:
    if not is_current(keeper):
        return None
    try:
        with writing(keeper) as connection:
            return kept.begin_beside(connection, where, actor)
    except SQLAlchemyError as error:
        log.warning("backup_not_kept", error=first_line(error))
        return None


def _end(row: _Row, others: list[Engine]) -> None:
    if row.number is None:
        return
    try:
        with writing(row.keeper) as connection:
            row.ends(connection, row.number)
        kept.copy_to(row.keeper, row.number, others)
    except SQLAlchemyError as error:
        log.error("backup_not_told", error=first_line(error))
