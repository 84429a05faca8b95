"""Putting a backup back: found by its moment, opened whole, looked at, and only then put in the place of what is there.

Nothing is changed before everything of it stands beside what it is to replace; what was there is kept under a name of
its own. While one thing after the other is put in its place a mark stands in the data folder: whoever is killed there
leaves databases and folders that do not belong together, and nothing starts on them.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from cockpit.backups import beside
from cockpit.backups.archive import Database, Manifest
from cockpit.backups.encryption import Keys, keys_of
from cockpit.backups.halfway import marked
from cockpit.backups.making import begins_with, opened, working
from cockpit.backups.names import Name
from cockpit.backups.targets import target_of
from cockpit.settings import Settings
from store import seal
from store.backup import BackupError, before, check_room
from store.copies import replacing
from store.durable import all_on_disk, on_disk
from store.instant import Instant, format_local
from store.migrate import is_known

SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Restored:
    """What was put back: of each database, by name, what the former one is called now; None where there was none.

    ``lacks``: what the backup had not, though its databases name it.
    """

    source: str
    rows: int
    kept: dict[str, str | None]
    lacks: list[str] = field(default_factory=list)


def chosen(settings: Settings, at: Instant, scope: str) -> Name:
    """The newest backup at the target of a moment or before it.

    Raises
    ------
    BackupError
        If there is none, or the target is away.
    """
    target = target_of(settings)
    found = [name for name in target.names() if name.moment <= at and name.scope in ("", scope)]
    if not found:
        raise BackupError(f"{target.where} has no backup of {format_local(at)} or before")
    return max(found)


def restore(
    settings: Settings, source: Path | Name, only: str | None, *, is_any_key: bool, is_trial: bool = False
) -> Restored:
    """Put a backup in the place of the databases that the settings name; nobody may use them meanwhile.

    Parameters
    ----------
    source
        A file, or the name of a backup at the target. A file of SQLite is a copy as versions before 0.2 made them.
    only
        The community whose own database alone is put back; None: all that is in it.
    is_any_key
        Whether it is put back although what is sealed in it cannot be opened by the key that is here.
    is_trial
        Whether all is done but the exchange: what comes through could be put back. Nothing is changed.

    Raises
    ------
    BackupError
        Nothing is changed then, unless it says so.
    """
    if isinstance(source, Path) and not source.is_file():
        raise BackupError(f"no file {str(source)!r}")
    with working(settings.data_dir) as work:
        if isinstance(source, Path) and begins_with(source, SQLITE):
            given = [(Database(only or "", "sqlite", "", "", {}), source)]
            return _put(settings, given, work, str(source), only, is_trial)
        manifest, where = _unpacked(settings, source, work)
        _check(settings, manifest, is_any_key=is_any_key)
        wanted = [one for one in manifest.databases if only in (None, one.name)]
        if not wanted:
            raise BackupError(f"{where} holds no database of {only!r} of its own")
        put = _put(settings, [(one, work / "unpacked" / one.file) for one in wanted], work, where, only, is_trial)
        return replace(put, lacks=manifest.lacks)


def _unpacked(settings: Settings, source: Path | Name, work: Path) -> tuple[Manifest, str]:
    keys: Keys = keys_of(settings.backup_key_file)
    file = work / "source"
    if isinstance(source, Path):
        # A second name beside ours: what is decrypted stands beside it.
        file.symlink_to(source.resolve())
        return opened(file, keys, None, work / "unpacked"), str(source)
    target = target_of(settings)
    check_room(work, target.names().get(source, 0), str(source))
    target.get(source, file)
    return opened(file, keys, source, work / "unpacked"), f"{target.where}/{source}"


def _check(settings: Settings, manifest: Manifest, *, is_any_key: bool) -> None:
    for one in manifest.databases:
        if not is_known(one.schema):
            raise BackupError(f"it is of a newer version of the program (schema {one.schema})")
    here = seal.fingerprints(settings.seal_key)
    missing = [key for key in manifest.seal if key not in here]
    if missing and not is_any_key:
        raise BackupError(
            f"what is sealed in it needs the key {missing[0]}, and {settings.seal_key} has {', '.join(here) or 'none'}:"
            " put that key there, or add --any-key and have locked what it sealed"
        )


def _put(
    settings: Settings,
    given: list[tuple[Database, Path]],
    work: Path,
    where: str,
    only: str | None,
    is_trial: bool,
) -> Restored:
    urls = {"": settings.database} | settings.community_databases
    kept: dict[str, str | None] = {}
    with ExitStack() as stack:
        puts = []
        for one, file in given:
            if one.name not in urls:
                raise BackupError(f"it holds a database of {one.name!r}: COCKPIT_COMMUNITY_DATABASES names none for it")
            puts.append((one.name, stack.enter_context(replacing(file, one.make, urls[one.name], one.rows))))
        of_them = beside.folders([one.name for one, _ in given], is_of_one=bool(only))
        folders = stack.enter_context(_folders(settings, work / "unpacked" / "files", of_them))
        if is_trial:
            return Restored(where, _rows(given), {})
        with marked(settings.data_dir, where, kept):
            for name, put in puts:
                try:
                    kept[name] = put()
                except Exception as error:
                    if kept:
                        done = ", ".join(name or "the shared one" for name in kept)
                        raise BackupError(f"put back already: {done}; then: {error}") from error
                    raise
            folders()
    return Restored(where, _rows(given), kept)


def _rows(given: list[tuple[Database, Path]]) -> int:
    return sum(sum(one.rows.values()) for one, _ in given)


@contextlib.contextmanager
def _folders(settings: Settings, unpacked: Path, folders: Iterable[str]) -> Iterator["_Exchange"]:
    """Bring the folders beside those that they are to replace; what was not put there is gone after the block.

    One that the backup lacks was not there: what is there now belongs to the former database, and goes aside with it.
    """
    made = {}
    try:
        for folder in folders:
            fresh = settings.data_dir / f"{folder}.part"
            shutil.rmtree(fresh, ignore_errors=True)
            if (unpacked / folder).is_dir():
                shutil.copytree(unpacked / folder, fresh)
                all_on_disk(fresh)
            made[settings.data_dir / folder] = fresh
        yield _Exchange(made)
    finally:
        for fresh in made.values():
            shutil.rmtree(fresh, ignore_errors=True)


class _Exchange:
    """Puts folders in the place of others, which are kept."""

    def __init__(self, made: dict[Path, Path]) -> None:
        self._made = made

    def __call__(self) -> None:
        former = before("-")
        for folder, fresh in self._made.items():
            if folder.exists():
                os.rename(folder, folder.with_name(f"{folder.name}.{former}"))
            if fresh.exists():
                os.rename(fresh, folder)
            if folder.parent.exists():
                on_disk(folder.parent)
