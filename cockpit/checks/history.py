"""The files of archived months: whether those that the databases know of are there and sound, and archiving goes on."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from cockpit.checks.finding import look, wrong
from cockpit.checks.stores import is_there
from cockpit.settings import Settings
from sensors.readings.archive import claiming, parts, rounds
from sensors.readings.archive.lateness import late_h
from sensors.readings.archive.parts import Part
from store.engine import open_engine
from store.migrate import is_current


def archived_months(settings: Settings) -> str:
    """The archived months of each database."""
    urls = [one for one in dict.fromkeys([settings.database, *settings.community_databases.values()]) if is_there(one)]
    count = sum(_of_one(settings, open_engine(url, archive=settings.archive(url)), url) for url in urls)
    return f"{count} file{'' if count == 1 else 's'}" if count else "no month is archived yet"


def _of_one(settings: Settings, engine: Engine, url: str) -> int:
    try:
        if not is_current(engine):
            return 0
        with engine.connect() as connection:
            known = parts.read(connection)
        hours, damaged = late_h(engine), rounds.damaged(engine)
    finally:
        engine.dispose()
    folder = settings.archive(url)
    _check_files(folder, known, damaged)
    if hours:
        raise look(f"archiving has failed for {hours:.1f} h", str(folder), "see the log: months_not_archived")
    for aside in claiming.aside(folder):
        what = "files lie aside that the database does not know, since it is of an earlier time than they are"
        todo = "put the newest backup back, or remove the folder if the readings in it are not missed"
        raise look(what, str(aside), todo)
    return len(known)


def _check_files(folder: Path, known: Sequence[Part], damaged: Sequence[str]) -> None:
    todo = "put the files back from the newest backup (cockpit db restore); until then questions of those months fail"
    lost = [one.file.name for one in known if not one.file.exists()]
    if lost:
        raise wrong(f"{len(lost)} of {len(known)} files are not there, {lost[0]} for one", str(folder), todo)
    changed = [one.file.name for one in known if one.file.name in damaged or one.file.stat().st_size != one.size]
    if changed:
        what = f"{len(changed)} of {len(known)} files are not what was written, {changed[0]} for one"
        raise wrong(what, str(folder), todo)
