"""Backups encrypted as files of age (age-encryption.org/v1), which the program of that name opens too.

The content is cut into pieces of 64 KiB, each sealed with its number and whether it is the last: one that was changed,
swapped or cut off is refused before anything of it is used.
"""

import io
import os
from pathlib import Path
from typing import Any

from cockpit.errors import BadSetting
from store.backup import BackupError
from store.durable import on_disk
from store.instant import format_rfc3339, now
from store.why import first_line

IDENTITY, RECIPIENT = "AGE-SECRET-KEY-", "age1"
HEAD = 128 << 10
"""So many bytes tell whether a key fits: whom it is for, and the first piece."""


class Keys:
    """Whom backups are for, and, where this machine may know it, what opens them."""

    def __init__(self, recipients: list[Any], identities: list[Any]) -> None:
        self._recipients, self._identities = recipients, identities

    @property
    def encrypts(self) -> bool:
        """Whether backups are encrypted."""
        return bool(self._recipients)

    @property
    def opens(self) -> bool:
        """Whether they can be opened here."""
        return bool(self._identities)

    def encrypt(self, source: Path, target: Path) -> None:
        """Encrypt a file into a new one."""
        import pyrage

        with source.open("rb") as given, target.open("xb") as out:
            pyrage.encrypt_io(given, out, self._recipients)

    def decrypt(self, source: Path, target: Path) -> None:
        """Decrypt a file into a new one.

        Raises
        ------
        BackupError
            If no key fits, or it is not as it was written. What stands in the new file is then worth nothing.
        """
        import pyrage

        if not self._identities:
            raise BackupError("it is encrypted, and COCKPIT_BACKUP_KEY_FILE has no AGE-SECRET-KEY-... that opens it")
        try:
            with source.open("rb") as given, target.open("xb") as out:
                pyrage.decrypt_io(given, out, self._identities)
        except (pyrage.DecryptError, OSError) as error:
            target.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the library's
                raise
            raise BackupError(f"it is encrypted for another key, or was changed: {first_line(error)}") from None

    def fit(self, head: bytes) -> bool:
        """Whether one of them opens what begins so."""
        import pyrage

        begun = io.BytesIO()
        try:
            pyrage.decrypt_io(io.BytesIO(head), begun, self._identities)
        except (pyrage.DecryptError, OSError):  # the latter: the rest is missing
            return begun.tell() > 0
        return True


def keys_of(path: Path | None) -> Keys:
    """What a key file says, as ``age-keygen`` writes it: a key a line, secret or public; none where no file is named.

    Raises
    ------
    BackupError
        If it is not there, or cannot be read: as a stick that was taken out, which is to be put back.
    BadSetting
        If what is there holds no key.
    """
    if path is None:
        return Keys([], [])
    # Here, not above: a backup that is not encrypted needs no library for it.
    import pyrage

    try:
        lines = [line.strip() for line in _read(path).splitlines()]
        words = [line for line in lines if line and not line.startswith("#")]
        secret = [pyrage.x25519.Identity.from_str(word) for word in words if word.startswith(IDENTITY)]
        public = [pyrage.x25519.Recipient.from_str(word) for word in words if word.startswith(RECIPIENT)]
    except (UnicodeDecodeError, pyrage.IdentityError, pyrage.RecipientError) as error:
        raise BadSetting(f"COCKPIT_BACKUP_KEY_FILE: {str(path)!r}: {first_line(error)}") from None
    if len(secret) + len(public) != len(words) or not words:
        raise BadSetting(f"COCKPIT_BACKUP_KEY_FILE: {str(path)!r}: expected lines of AGE-SECRET-KEY-... or age1...")
    return Keys([*public, *(one.to_public() for one in secret)], secret)


def make_key(path: Path, owner: Path) -> str:
    """Make a new pair of keys in a new file, as ``age-keygen`` writes it; returns the public half.

    The file is its owner's alone; made by root it belongs to whose ``owner`` is, the data folder.

    Raises
    ------
    BackupError
        If something is there already, or it cannot be written.
    """
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# created: {format_rfc3339(now())}\n# public key: {public}\n{identity}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if os.geteuid() == 0 and owner.is_dir():
                os.fchown(handle, owner.stat().st_uid, owner.stat().st_gid)
            file.write(text)
        on_disk(path)
        on_disk(path.absolute().parent)
    except FileExistsError:
        raise BackupError(
            f"{path} is there already; a key is never overwritten: what it opens would stay shut"
        ) from None
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror or error}") from None
    return public


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BackupError(f"the key of backups is not at {path}: put it back (COCKPIT_BACKUP_KEY_FILE)") from None
    except OSError as error:
        raise BackupError(f"the key of backups cannot be read: {path}: {error.strerror or error}") from None
