"""Random secrets that are shown once and kept as a hash."""

import hashlib
import secrets

BYTES = 32


def new() -> str:
    """A secret of 256 random bits, fit for a link."""
    return secrets.token_urlsafe(BYTES)


def hashed(secret: str) -> str:
    """What is kept of it: 256 random bits need no slow hash, and a plain one can be looked up by its index."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(secret: str) -> str:
    """What a page must send beside a session's cookie with each write; another site cannot read it."""
    return hashlib.sha256(f"csrf {secret}".encode()).hexdigest()
