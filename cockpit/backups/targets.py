"""Where backups go: a folder, or a bucket of an S3 that is there. What is half written never has a backup's name."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from cockpit.backups.names import Name, parsed
from cockpit.errors import BadSetting
from cockpit.settings import Settings
from store.backup import BackupError
from store.durable import on_disk
from store.why import first_line

OWN = "backups"
"""The folder in the data folder, where no other is set."""
MARK = ".cockpit-backups"
PIECE = 8 << 20
S3_REQUEST = timedelta(seconds=120)
S3_TRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}

Tell = Callable[[int], None]
"""Hears how many bytes went; what it raises ends the writing, of which nothing is left."""


class Target(Protocol):
    """Where backups are."""

    @property
    def where(self) -> str:
        """As people know it."""

    def file(self, name: Name) -> str:
        """Where a backup is, as people know it."""

    def prepare(self, *, is_first: bool) -> None:
        """Look whether a backup can be written; ``is_first``: whether none was ever made there, as databases know.

        Raises
        ------
        BackupError
            If it is not there, or is not what it was.
        """

    def look(self, *, is_first: bool) -> int | None:
        """Look, and leave no trace, whether one could be written now; its free bytes, None where it tells none.

        Raises
        ------
        BackupError
            As `prepare`, and if nothing may be written.
        """

    def names(self) -> dict[Name, int]:
        """The backups with their bytes; raises `BackupError` where it is gone."""

    def head(self, name: Name, size: int) -> bytes:
        """What a backup begins with; raises `BackupError`."""

    def put(self, name: Name, file: Path, tell: Tell) -> None:
        """Write a backup; raises `BackupError`, and then leaves nothing."""

    def get(self, name: Name, file: Path) -> str:
        """Bring a backup into a file; returns its SHA-256. Raises `BackupError`."""

    def remove(self, name: Name) -> None:
        """Give its room back; raises `BackupError`."""


def target_of(settings: Settings) -> Target:
    """What ``COCKPIT_BACKUP_TARGET`` says.

    Raises
    ------
    BadSetting
        If it is incomplete.
    """
    said = settings.backup_target
    if said is None:
        return Folder(settings.data_dir / OWN, is_own=True)
    if not said.startswith("s3://"):
        return Folder(Path(said), is_own=False)
    if settings.backup_s3_endpoint is None or settings.backup_s3_key_file is None:
        raise BadSetting(
            "COCKPIT_BACKUP_TARGET=s3://... needs COCKPIT_BACKUP_S3_ENDPOINT and COCKPIT_BACKUP_S3_KEY_FILE"
        )
    return Bucket(said, settings.backup_s3_endpoint, settings.backup_s3_key_file, settings.backup_s3_ca)


@contextlib.contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{where}: {error.strerror or error}") from None


def written(pieces: Iterable[bytes], file: Path) -> str:
    """Write pieces to a new file, the owner's alone; returns their SHA-256."""
    digest = hashlib.sha256()
    with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def pieces(file: Path, tell: Tell) -> Iterator[bytes]:
    """A file piece by piece, telling how far it is."""
    done = 0
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
            done += len(piece)
            tell(done)


class Folder:
    """A folder, on a disk of its own or on one that a mount brings.

    One that somebody set must be there, and from its first backup on it bears a mark: a mount that is away leaves an
    empty folder, and backups would fill the machine's own disk with nobody the wiser.
    """

    def __init__(self, folder: Path, *, is_own: bool) -> None:
        self._folder = folder.absolute()
        self._is_own = is_own

    @property
    def where(self) -> str:
        """Its path."""
        return str(self._folder)

    def file(self, name: Name) -> str:
        """Its path."""
        return f"{self._folder}/{name}"

    def prepare(self, *, is_first: bool) -> None:
        """Look for its mark; what was left half written is cleared away."""
        with _told(self.where):
            if self._is_own:
                self._folder.mkdir(parents=True, exist_ok=True)
            if is_first and not (self._folder / MARK).exists():
                (self._folder / MARK).touch()
            self._check_mark()
            for left in self._folder.glob("cockpit-*.part"):
                left.unlink()

    def _check_mark(self) -> None:
        mark = self._folder / MARK
        if not self._is_own and not mark.exists():
            raise BackupError(f"{self.where} lacks the mark of backups: is it mounted? If it is right: touch {mark}")

    def look(self, *, is_first: bool) -> int | None:
        """Look for its mark, and write a file that has no name."""
        with _told(self.where):
            if self._is_own and not self._folder.exists():
                return None
            if not is_first:
                self._check_mark()
            with tempfile.TemporaryFile(dir=self._folder):
                return shutil.disk_usage(self._folder).free

    def names(self) -> dict[Name, int]:
        """Read from the folder."""
        with _told(self.where):
            if self._is_own and not self._folder.exists():
                return {}
            found = {parsed(one.name): one for one in self._folder.iterdir()}
            return {name: one.stat().st_size for name, one in found.items() if name is not None}

    def head(self, name: Name, size: int) -> bytes:
        """Read."""
        with _told(self.where), open(self.file(name), "rb") as source:
            return source.read(size)

    def put(self, name: Name, file: Path, tell: Tell) -> None:
        """Write it beside, and give it its name once it is on the disk."""
        whole = Path(self.file(name))
        part = whole.with_name(f"{whole.name}.part")
        with _told(self.where):
            if whole.exists():
                raise BackupError(f"{whole} exists already")
            try:
                written(pieces(file, tell), part)
                on_disk(part)
                os.rename(part, whole)
                on_disk(self._folder)
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)

    def get(self, name: Name, file: Path) -> str:
        """Copy it."""
        with _told(self.where):
            return written(pieces(Path(self.file(name)), lambda _done: None), file)

    def remove(self, name: Name) -> None:
        """Unlink it."""
        with _told(self.where):
            Path(self.file(name)).unlink(missing_ok=True)


class Bucket:
    """A bucket of an S3, with what all its names begin with: ``s3://bucket/cockpit``.

    The address is one of the township's own network, where no notice is posted to; here it may be, since it stands in
    the settings, which only who keeps the machine can write.
    """

    def __init__(self, where: str, endpoint: str, key_file: Path, ca: Path | None) -> None:
        # With a slash at its end, and without, it is the same place.
        self.where = where.rstrip("/")
        self._endpoint, self._key_file, self._ca = endpoint, key_file, ca

    def file(self, name: Name) -> str:
        """Its address."""
        return f"{self.where}/{name}"

    def prepare(self, *, is_first: bool) -> None:
        """Ask for its list."""
        self.names()

    def names(self) -> dict[Name, int]:
        """Asked of the bucket."""
        with self._asked() as (obstore, store):
            found = [one for page in obstore.list(store) for one in page]
        named = {parsed(one["path"]): int(one["size"]) for one in found}
        return {name: size for name, size in named.items() if name is not None}

    def look(self, *, is_first: bool) -> int | None:
        """Ask for its list: whether it takes what is sent only sending tells."""
        self.names()
        return None

    def head(self, name: Name, size: int) -> bytes:
        """Ask for a range."""
        with self._asked() as (obstore, store):
            return bytes(obstore.get_range(store, str(name), start=0, end=size))

    def put(self, name: Name, file: Path, tell: Tell) -> None:
        """Send it in parts, which are an object once the last one is there."""
        failure: list[BackupError] = []

        def sent() -> Iterator[bytes]:
            try:
                yield from pieces(file, tell)
            except BackupError as error:  # kept: what comes back is the client's own word for it
                failure.append(error)
                raise

        try:
            with self._asked() as (obstore, store):
                obstore.put(store, str(name), sent(), use_multipart=True, chunk_size=PIECE, max_concurrency=2)
        except BackupError as error:
            raise (failure[0] if failure else error) from None

    def get(self, name: Name, file: Path) -> str:
        """Ask for it range by range, so that no request is long."""
        with self._asked() as (obstore, store):
            source = obstore.open_reader(store, str(name), buffer_size=PIECE)
            return written(iter(lambda: bytes(source.read(PIECE)), b""), file)

    def remove(self, name: Name) -> None:
        """Delete it."""
        with self._asked() as (obstore, store):
            obstore.delete(store, str(name))

    @contextlib.contextmanager
    def _asked(self) -> Iterator[tuple[Any, Any]]:
        # Here, not above: only who keeps backups in a bucket needs the library.
        import obstore
        from obstore.store import S3Store

        try:
            yield obstore, self._store(S3Store)
        except BackupError:
            raise
        except Exception as error:
            # The library's errors are many lines long and name what was asked; the first says what it was.
            raise BackupError(f"{self.where}: {first_line(error)}") from error

    def _store(self, kind: Any) -> Any:
        address = urlsplit(self.where)
        key, secret = self._key_file.read_text(encoding="utf-8").split()
        client: dict[str, Any] = {"timeout": S3_REQUEST, "allow_http": self._endpoint.startswith("http:")}
        if self._ca is not None:
            client["root_certificate"] = self._ca.read_text(encoding="utf-8")
        return kind(
            address.netloc,
            prefix=address.path.strip("/") or None,
            endpoint=self._endpoint,
            access_key_id=key,
            secret_access_key=secret,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options=client,
            retry_config=S3_TRIES,
        )


class OneFile(Folder):
    """A file that somebody names, instead of a folder where backups are kept."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.absolute().parent, is_own=False)
        self._path = path.absolute()

    @property
    def where(self) -> str:
        """Its path."""
        return str(self._path)

    def file(self, name: Name) -> str:
        """The same, whatever it would be called."""
        return str(self._path)

    def prepare(self, *, is_first: bool) -> None:
        """Nothing may be there yet."""
        if self._path.exists():
            raise BackupError(f"{self._path} exists already")

    def names(self) -> dict[Name, int]:
        """None that any rule is for."""
        return {}
