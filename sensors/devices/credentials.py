"""Secrets of devices: made here, shown once, stored only as a hash.

The hash is PBKDF2-HMAC-SHA512 in the form that Mosquitto 2 reads from its password file
(``$7$iterations$salt$hash``), so that the registry can be handed to a Mosquitto without
knowing a secret. A secret carries 192 random bits, which no number of iterations could
improve on; the count is Mosquitto's own default.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

import bcrypt

ITERATIONS = 101
BCRYPT_ROUNDS = 4
SALT_BYTES = 12
HASH_BYTES = 64
SECRET_BYTES = 24


def new_secret() -> str:
    """A fresh secret: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> str:
    """The form in which a secret is stored."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, ITERATIONS, HASH_BYTES)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def hash_bcrypt(secret: str) -> str:
    """The same for brokers that read no other form; random as a secret is, the least cost will do."""
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(rounds=BCRYPT_ROUNDS)).decode()


def verify(secret: str, stored: str) -> bool:
    """Whether the secret is the one that was stored, in constant time.

    One with a NUL is none of ours: to HMAC (RFC 2104, section 2) a short key is the same with NULs behind it.
    """
    if "\0" in secret:
        return False
    try:
        _, scheme, iterations, salt, digest = stored.split("$")
        expected = b64decode(digest, validate=True)
        given = hashlib.pbkdf2_hmac(
            "sha512", secret.encode(), b64decode(salt, validate=True), int(iterations), len(expected)
        )
    except ValueError:
        return False
    return scheme == "7" and hmac.compare_digest(given, expected)
