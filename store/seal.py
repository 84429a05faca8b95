"""Text that must not be read from the database alone: sealed with a key that is kept beside it, in a file."""

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(Exception):
    """The key's file will not do, or does not fit what was sealed."""


class Seal:
    """Seals and opens text by Fernet (AES-128-CBC and HMAC-SHA256).

    The first key seals; the others still open what they sealed, so that a key can be changed.
    """

    def __init__(self, *keys: bytes) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys])
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


def seal_of(path: Path) -> Seal:
    """The seal of a key file, a key a line, the newest first; makes the file where there is none.

    Raises
    ------
    SealError
        If the file cannot be read or made, or holds no key.
    """
    try:
        _make(path)
        keys = path.read_bytes().split()
    except OSError as error:
        raise SealError(f"key file {str(path)!r}: {error.strerror or error}") from None
    try:
        return Seal(*keys)
    except ValueError as error:
        raise SealError(f"key file {str(path)!r}: {error}") from None


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Whoever comes second finds the file of the first.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
