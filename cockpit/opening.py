"""Opening the databases of the settings: brought up to date by what serves, and as they are by what only asks."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from filelock import FileLock
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups.halfway import cut_off
from cockpit.errors import BadSetting
from cockpit.settings import Settings, prepare_data_dir
from geo import ground
from store import budgets
from store.backup import BackupError
from store.databases import Databases
from store.engine import open_engine, writing
from store.migrate import head, is_current, is_known, revision, upgrade
from store.why import first_line

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Attached:
    """Databases by their URLs, as they are. ``scope``: the community whose own alone they are; empty: all."""

    databases: Databases
    engines: dict[str, Engine]
    scope: str

    def revisions(self) -> dict[str, str | None]:
        """The schema of each, by its URL without a password; None of one that holds nothing yet."""
        return {_where(url): _told(url, partial(revision, engine)) for url, engine in self.engines.items()}


def attach(settings: Settings, communities: Sequence[str] = ()) -> Attached:
    """Open the databases and change nothing in them: all, or those that these communities need.

    Raises
    ------
    BadSetting
        If one cannot be reached, or putting one back was cut off.
    """
    prepare_data_dir(settings)
    # What of the one the other does not know would be removed.
    halfway = cut_off(settings.data_dir)
    if halfway is not None:
        raise BadSetting(halfway)
    own = settings.community_databases
    wanted = {code: url for code, url in own.items() if not communities or code in communities}
    # An ingester of one community need not reach the database of the others.
    is_apart = bool(communities) and all(code in wanted for code in communities)
    urls = dict.fromkeys([*(() if is_apart else [settings.database]), *wanted.values()])
    engines = {url: _told(url, partial(open_engine, url, archive=settings.archive(url))) for url in urls}
    shared = next(iter(engines.values()))
    databases = Databases(shared, {code: engines[url] for code, url in wanted.items()})
    return Attached(databases, engines, next(iter(wanted)) if is_apart else "")


def open_databases(settings: Settings, communities: Sequence[str] = (), *, is_backed_up: bool = False) -> Databases:
    """Open the databases and bring them up to date: all, or those that these communities need.

    Before a database that holds something is changed a backup is made, unless the settings say otherwise, or
    ``is_backed_up``: it comes from one.

    Raises
    ------
    BadSetting
        If one cannot be reached or written or is of a newer version, the backup fails, or putting one back was cut off.
    """
    attached = attach(settings, communities)
    databases, engines = attached.databases, attached.engines
    if not all(_told(url, partial(is_current, engine)) for url, engine in engines.items()):
        with _one_upgrade(settings):
            for url, engine in engines.items():
                _refuse_newer(url, _told(url, partial(revision, engine)))
            is_needed = settings.backup_before_upgrade and not is_backed_up
            note = _back_up(settings, databases, attached.scope) if is_needed else None
            for url, engine in engines.items():
                _told(url, partial(upgrade, engine))
            if note is not None:
                _told(next(iter(engines)), note)
    return _with_ground(attached)


def present_databases(settings: Settings) -> Databases:
    """Open the databases for a command: one that holds something is taken as it is, one that holds nothing is made.

    Raises
    ------
    BadSetting
        If one cannot be reached, or is of another version's schema: a command that was typed is no upgrade.
    """
    attached = attach(settings)
    for url, engine in attached.engines.items():
        there = _told(url, partial(revision, engine))
        _refuse_newer(url, there)
        if there is None:
            _told(url, partial(upgrade, engine))
        elif there != head():
            raise BadSetting(
                f"database {_where(url)} has schema {there}, this version needs {head()}:"
                " cockpit db upgrade, or start it; both back up first"
            )
    return _with_ground(attached)


def _refuse_newer(url: str, there: str | None) -> None:
    if there is not None and not is_known(there):
        raise BadSetting(f"database {_where(url)} is of a newer version of the cockpit (schema {there})")


def _with_ground(attached: Attached) -> Databases:
    for url, engine in attached.engines.items():
        _told(url, partial(_take_ground, engine))
    return attached.databases


def _take_ground(engine: Engine) -> None:
    with engine.connect() as connection:
        ground.refresh(connection)


def _told(url: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        raise BadSetting(f"database {_where(url)}: {first_line(error)}") from None


def _where(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


@contextlib.contextmanager
def _one_upgrade(settings: Settings) -> Iterator[None]:
    """One process of a data folder at a time: the second finds all done."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.data_dir / "upgrade.lock", timeout=budgets.current().backup_seconds):
        yield


def _back_up(settings: Settings, databases: Databases, scope: str) -> Callable[[], None]:
    """Back up what is about to be changed, where there is something that was not made just now.

    To be called once all is changed: the database then keeps that it was made.
    """
    # Here, not above: most commands find nothing to be changed.
    from cockpit.backups import kept, making
    from cockpit.backups.targets import target_of

    engines = making.databases_by_name(databases, scope)
    engines = {name: engine for name, engine in engines.items() if revision(engine) is not None}
    if all(is_current(engine) for engine in engines.values()):
        return lambda: None
    try:
        target = target_of(settings)
        is_first = not kept.was_any(databases.all, target.where)
        made = making.make(settings, engines, lambda _progress: None, is_first=is_first, scope=scope)
    except (BackupError, OSError) as error:
        raise BadSetting(
            f"the backup before the upgrade failed, nothing was changed: {error}"
            " (COCKPIT_BACKUP_BEFORE_UPGRADE=false leaves it out)"
        ) from None
    log.info("backed_up_before_upgrade", file=made.file, bytes=made.bytes, rows=made.rows, lacks=made.lacks)

    def note() -> None:
        with writing(databases.shared) as connection:
            kept.note(connection, target.where, kept.UPGRADE, made.file, made.bytes, made.rows, made.lacks)

    return note
