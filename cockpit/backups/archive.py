"""The file that a backup is: a tar, compressed, that begins with a list of what is in it (``manifest.json``).

Beside the copies of the databases it holds the folders of ``folders.toml``. Each file's digest stands in the list, so
that a backup is either whole or refused. What is opened may be anybody's: no more is read or written of it than its
list says, and nothing outside of where it is to be.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn

import msgspec

from store.backup import BackupError, check_room
from store.why import first_line

MANIFEST = "manifest.json"
FORMAT = 1
LEVEL = 1
"""Of the compression: a database of SQLite becomes a third at any, and this one costs a quarter of the time."""
MOST_MANIFEST = 64 << 20
MOST_HEADER = 64 << 10
"""Bytes of what stands before a file beyond its name and size: a long name, or a size that needs more digits."""
KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.XHDTYPE)
PIECE = 1 << 20


class Database(msgspec.Struct, frozen=True):
    """A database in a backup. ``name`` is the community that it is of; empty for the one that all others share."""

    name: str
    make: str
    file: str
    schema: str
    rows: dict[str, int]


class Member(msgspec.Struct, frozen=True):
    """A file in a backup: its bytes and their SHA-256."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup. ``seal``: fingerprints of the keys that open what is sealed in it; the first is the newest.

    ``made`` is RFC 3339. ``program`` is the version that made it. ``lacks``: what its databases name and is not in it,
    or not as it should be.
    """

    format: int
    made: str
    program: str
    seal: list[str]
    databases: list[Database]
    members: dict[str, Member]
    lacks: list[str] = []

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(sum(one.rows.values()) for one in self.databases)


class Changed(Exception):
    """A file that was written to while it was packed; ``name`` is that in the backup."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was written to while it was packed")
        self.name = name


class _Entry(tarfile.TarInfo):
    """What stands before a file in a tar, of the kinds that a backup has, and no larger than it may be."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type not in KINDS:
            raise BackupError("it has something in it that is no file")
        if self.size < 0 or (self.type == tarfile.XHDTYPE and self.size > MOST_HEADER):
            raise BackupError(f"{self.size} bytes stand before a file in it; at most {MOST_HEADER}")
        found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return found

    def _refuse(self, *_: Any) -> NoReturn:
        raise BackupError("it has a file with holes in it")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse


def member_of(path: Path) -> Member:
    """What a file is in the list."""
    with path.open("rb") as source:
        return Member(path.stat().st_size, hashlib.file_digest(source, "sha256").hexdigest())


def pack(target: Path, manifest: Manifest, content: Mapping[str, Path]) -> None:
    """Write a backup of files, by the name that each has in it.

    Raises
    ------
    Changed
        If one is not what the list says any more; what was written is then worth nothing.
    """
    with (
        target.open("xb") as out,
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=LEVEL, mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        told = msgspec.json.format(msgspec.json.encode(manifest))
        _add(tar, MANIFEST, len(told), io.BytesIO(told))
        for name, path in content.items():
            expected = manifest.members[name]
            with path.open("rb") as source:
                read = _Read(source)
                try:
                    _add(tar, name, expected.bytes, read)
                except OSError as error:
                    if not read.is_over:
                        raise
                    raise Changed(name) from error
            if read.digest.hexdigest() != expected.sha256:
                raise Changed(name)


class _Read:
    """A file that is summed up while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.is_over = False

    def read(self, size: int) -> bytes:
        """At most so many bytes."""
        piece = self._source.read(size)
        self.digest.update(piece)
        self.is_over |= len(piece) < size
        return piece


def _add(tar: tarfile.TarFile, name: str, size: int, source: Any) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, source)


def unpack(source: Path, into: Path | None) -> Manifest:
    """Read a backup to its end, and write what is in it into a folder; with none it is only looked at.

    Raises
    ------
    BackupError
        If it is no backup, or not whole, or there is no room for it. What was written of it is then worth nothing.
    """
    try:
        with tarfile.open(source, mode="r|gz", tarinfo=_Entry) as tar:
            entries = iter(tar)
            manifest = _manifest(tar, next(entries, None))
            if into is not None:
                into.mkdir(parents=True, exist_ok=True)
                check_room(into, sum(one.bytes for one in manifest.members.values()), "what is in it")
            left = dict(manifest.members)
            for entry in entries:
                expected = left.pop(entry.name, None)
                given = tar.extractfile(entry) if entry.isfile() else None
                if expected is None or given is None:
                    raise BackupError(f"{entry.name!r} is in it and not in its list")
                if entry.size != expected.bytes or _taken(given, into and into / entry.name) != expected.sha256:
                    raise BackupError(f"{entry.name!r} in it is not as it was written")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, RecursionError, UnicodeError) as error:
        raise BackupError(f"it is no backup, or not whole: {first_line(error)}") from None
    if left:
        raise BackupError(f"{next(iter(left))!r} is missing in it")
    return manifest


def _manifest(tar: tarfile.TarFile, entry: tarfile.TarInfo | None) -> Manifest:
    given = tar.extractfile(entry) if entry is not None and entry.name == MANIFEST else None
    if given is None or entry is None or entry.size > MOST_MANIFEST:
        raise BackupError("it is no backup of a cockpit")
    try:
        manifest = msgspec.json.decode(given.read(), type=Manifest)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BackupError(f"its list cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise BackupError(f"it is of a newer version of the program (format {manifest.format})")
    for name in manifest.members:
        if not _is_inside(name):
            raise BackupError(f"it names a file outside of itself: {name!r}")
    for one in manifest.databases:
        if one.file not in manifest.members or (one.name and not _is_inside(one.name)):
            raise BackupError(f"it names a database that is not in it: {one.file!r}")
    return manifest


def _is_inside(name: str) -> bool:
    """Whether a name leads to a file within a folder, and is written in the one way that there is for it."""
    path = PurePosixPath(name)
    return (
        name == str(path) and path.name != "" and not path.is_absolute() and ".." not in path.parts and "\0" not in name
    )


def _taken(given: IO[bytes], path: Path | None) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(given, path):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(given: IO[bytes], path: Path | None) -> Iterator[bytes]:
    if path is None:
        yield from iter(lambda: given.read(PIECE), b"")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        while piece := given.read(PIECE):
            out.write(piece)
            yield piece
