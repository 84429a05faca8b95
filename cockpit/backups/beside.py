"""What of the folders goes into a backup, and whether it is what the databases name: the table is ``folders.toml``."""

import contextlib
import os
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from cockpit.backups.archive import Member
from sensors.readings.archive import sums
from store.copies import Copied, Naming
from store.engine import SHARED


class Kind(msgspec.Struct, frozen=True):
    """A folder of the data folder that belongs to the databases.

    ``left_out``: patterns of the names of files that are none yet, or never were. ``table`` and ``names``: of a
    database, the table that must be there, and the query of the files that it names, with their bytes; the name of each
    ends with a sum of its content.
    """

    name: str
    name_en: str
    by_database: bool = False
    left_out: list[str] = []
    table: str = ""
    names: str = ""


@cache
def kinds() -> Mapping[str, Kind]:
    """The folders by their names."""
    text = (files("cockpit.backups") / "folders.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Kind])


def folders(databases: Iterable[str], *, is_of_one: bool = False) -> list[str]:
    """The folders in the data folder that go with databases of these names; of one alone those that are its own."""
    found = []
    for folder, kind in kinds().items():
        if kind.by_database:
            found += [f"{folder}/{name or SHARED}" for name in databases]
        elif not is_of_one:
            found.append(folder)
    return found


def naming() -> list[Naming]:
    """What a database is asked when it is copied: which files it names."""
    return [Naming(folder, kind.table, kind.names) for folder, kind in kinds().items() if kind.names]


def member(file: str) -> str:
    """What a file of the data folder is called in a backup."""
    return f"files/{file}"


def held(data_dir: Path, work: Path, wanted: Iterable[str], apart: Iterable[Path]) -> dict[str, Path]:
    """The files of these folders by their names in a backup, each held by a second name: the first may go.

    What is being written is left out, and so is what stands ``apart``: the keys.
    """
    found: dict[str, Path] = {}
    never = {path.resolve() for path in apart}
    for folder in wanted:
        for path in _whole_files(data_dir / folder, kinds()[folder.partition("/")[0]].left_out):
            if path.resolve() not in never:
                name = member(path.relative_to(data_dir).as_posix())
                with contextlib.suppress(FileNotFoundError):  # gone since it was listed
                    found[name] = _hold(path, work / name)
    return found


def _whole_files(folder: Path, left_out: Iterable[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path.match(pattern) for pattern in left_out):
            yield path


def _hold(path: Path, second: Path) -> Path:
    second.parent.mkdir(parents=True, exist_ok=True)
    if not second.exists():
        try:
            os.link(path, second)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one that knows no second names
            shutil.copyfile(path, second)
    return second


def own_copy(path: Path) -> Path:
    """A copy in the place of a second name, which whoever still writes to the first does not change."""
    copied = path.with_name(f"{path.name}.copy")
    shutil.copyfile(path, copied)
    os.replace(copied, path)
    return path


def lacking(database: str, copied: Copied, members: Mapping[str, Member], content: Mapping[str, Path]) -> list[str]:
    """What a database named at its moment, and is not there as it should be."""
    found = []
    for folder, named in copied.files.items():
        where = f"{folder}/{database or SHARED}" if kinds()[folder].by_database else folder
        for file, size in named.items():
            name = member(f"{where}/{file}")
            has = members.get(name)
            if has is None:
                found.append(f"{where}/{file} is missing")
            elif has.bytes != size or sums.sum_of(content[name]) != Path(file).stem[-sums.DIGITS :]:
                found.append(f"{where}/{file} is damaged")
    return found
