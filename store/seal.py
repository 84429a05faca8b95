"""Text that must not be read from the database alone: sealed with a key that is kept beside it, in a file."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from store.language import say


class SealError(Exception):
    """The key's file will not do, or does not fit what was sealed."""


class Seal:
    """Seals and opens text by Fernet (AES-128-CBC and HMAC-SHA256).

    The first key seals; the others still open what they sealed, so that a key can be changed.
    """

    def __init__(self, *keys: bytes, given_up: Sequence[str] = ()) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys])
        self.given_up = given_up
        """Fingerprints of keys that are not here and sealed something that stays locked."""
        # The oldest one stays while anything is sealed with it, so a digest is the same before and after a new key.
        self._digests = hashlib.sha256(b"digest" + keys[-1]).digest() if keys else b""

    def seal(self, text: str) -> bytes:
        """The text as it may stand in the database."""
        return self._keys.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """The text again.

        Raises
        ------
        SealError
            If no key fits, or the content was changed.
        """
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken:
            raise SealError("sealed with another key, or changed since") from None

    def digest(self, text: str) -> str:
        """What tells whether two sealed texts are the same, to nobody who lacks the key (HMAC-SHA256)."""
        return hmac.new(self._digests, text.encode(), hashlib.sha256).hexdigest()

    @property
    def locked(self) -> str:
        """What is said, in the language that is spoken, in place of what no key here opens."""
        if not self.given_up:
            return say("锁定：需要封存它的密钥")
        return say("锁定：需要密钥 {keys}", keys=say("、").join(self.given_up))


def seal_of(path: Path, given_up: Sequence[str] = ()) -> Seal:
    """The seal of a key file, a key a line, the newest first; makes the file where there is none.

    Whether one may be made, `store.seal_keys` knows.

    Raises
    ------
    SealError
        If the file cannot be read or made, or holds no key.
    """
    try:
        _make(path)
    except OSError as error:
        raise SealError(f"key file {str(path)!r}: {error.strerror or error}") from None
    return Seal(*keys_of(path), given_up=given_up)


def keys_of(path: Path) -> list[bytes]:
    """The keys of a key file that is there, the newest first.

    Raises
    ------
    SealError
        If the file cannot be read, or what it holds is no key.
    """
    try:
        keys = path.read_bytes().split()
        Seal(*keys)
    except OSError as error:
        raise SealError(f"key file {str(path)!r}: {error.strerror or error}") from None
    except ValueError as error:
        raise SealError(f"key file {str(path)!r}: {error}") from None
    return keys


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Whoever comes second finds the file of the first.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def fingerprints(path: Path) -> list[str]:
    """What tells the keys of a file apart and gives none away, the newest first; none where it cannot be read."""
    try:
        keys = path.read_bytes().split()
    except OSError:
        return []
    return [hashlib.sha256(b"fingerprint" + key).hexdigest()[:16] for key in keys]
