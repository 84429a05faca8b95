"""Whose files a folder holds: what one database does not know of is not to be removed as nobody's by another one.

A number that both have says that they belong together. It is made when the first month is archived, and goes with the
folder and the database into a backup. Which of them is of an earlier time, as where only one of both was put back, is
told by how many files were begun: both count them, the database first.
"""

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from time import gmtime, strftime

import structlog
from sqlalchemy import Engine, insert

from sensors.readings.archive import parts
from sensors.readings.archive.marks import put
from store.engine import upsert, writing
from store.revision import current, revision

NAME = ".database"
OF_DATABASE = "archive folder"
COUNT = ".begun"
OF_COUNT = "archive files begun"
ASIDE = ".unknown-"

log = structlog.get_logger(__name__)


class NotOurs(OSError):
    """A folder of archived months that is not this database's."""


def claim(engine: Engine, folder: Path) -> None:
    """Make sure that a folder is this database's, or make it that where neither has one yet.

    Raises
    ------
    NotOurs
        If it is another database's, or not the one that this database's files were in.
    """
    mark = folder / NAME
    with engine.connect() as connection:
        number, known = current(connection, OF_DATABASE), parts.read(connection)
    if mark.exists():
        if mark.read_text().strip() != str(number):
            raise NotOurs(f"{folder} holds the archived months of another database")
        return
    if known and not any(one.file.exists() for one in known):
        raise NotOurs(f"{folder} is not the folder that the archived months were in")
    if not number:
        number = secrets.randbits(62) | 1
        with writing(engine) as connection:
            connection.execute(insert(revision).values(name=OF_DATABASE, value=number))
    mark.write_text(f"{number}\n")


def begin_file(engine: Engine, folder: Path) -> None:
    """Count a file that is about to be written, in both."""
    with writing(engine) as connection:
        number = max(current(connection, OF_COUNT), _counted(folder)) + 1
        row = upsert(connection, revision).values(name=OF_COUNT, value=number)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": number}))
    put(folder / COUNT, f"{number}\n")


def is_of_before(engine: Engine, folder: Path) -> bool:
    """Whether the database is of an earlier time than the folder: what it does not know was of use to a later one."""
    with engine.connect() as connection:
        return current(connection, OF_COUNT) < _counted(folder)


def set_aside(folder: Path, files: Iterable[Path]) -> None:
    """Keep files for a person to look at, in a folder of their own beside this one."""
    beside = folder.with_name(f"{folder.name}{ASIDE}{strftime('%Y%m%dT%H%M%SZ', gmtime())}")
    beside.mkdir(exist_ok=True)
    for one in files:
        shutil.move(one, beside / one.name)
    log.warning("archive_files_set_aside", folder=str(beside))


def aside(folder: Path) -> list[Path]:
    """The folders of files that were set aside."""
    return sorted(folder.parent.glob(f"{folder.name}{ASIDE}*"))


def _counted(folder: Path) -> int:
    try:
        return int((folder / COUNT).read_text())
    except (FileNotFoundError, ValueError):
        return 0
