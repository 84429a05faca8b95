"""Passwords: argon2id (RFC 9106), and what a new one must be (NIST SP 800-63B-4, section 3.1.1.2)."""

import os
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cockpit.errors import BadSetting
from cockpit.people import guessable
from geo.communities import communities
from store import budgets
from store.language import say

MIN_LENGTH = 15
"""Characters of a password that is the only factor (section 3.1.1.2, item 1); no rules of composition (item 5)."""
MAX_LENGTH = 128
MIN_SCORE = 3
"""Of 4, as zxcvbn estimates: at least 10^8 guesses. Its lists stand for the blocklist of section 3.1.1.2."""
ESTIMATED = 72
"""Characters that zxcvbn looks at: what it takes grows with the square."""
MIN_OWN = 10
"""Characters that a password has of its own (`guessable.own`): a common one is refused however long it was made."""
NICE = 10

_hasher = PasswordHasher()


class WeakPassword(BadSetting):
    """A new password that would not do, and why."""


def hash_new(password: str, *names: str) -> str:
    """The hash of a new password; ``names`` are those of whose it is.

    Raises
    ------
    WeakPassword
        If it is too short, too long, or easily guessed.
    """
    from zxcvbn import zxcvbn  # its word lists take longer to read than most commands take to run

    text = _normal(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise WeakPassword(
            say(
                "口令须有 {min_length} 至 {max_length} 个字符，现为 {text} 个",
                min_length=MIN_LENGTH,
                max_length=MAX_LENGTH,
                text=len(text),
            )
        )
    if guessable.own(text, names) < MIN_OWN:
        raise WeakPassword(say("口令太容易猜到：常见口令、本地名称、日期与号码再长也不行；几个不相干的词连成一句更好"))
    words = [*names, *guessable.table().words, *communities(), *(one.name for one in communities().values())]
    score = zxcvbn(guessable.plain(text[:ESTIMATED]), user_inputs=words)["score"]
    if score < MIN_SCORE or len(set(text)) < MIN_LENGTH // 2:
        raise WeakPassword(say("口令太容易猜到；几个不相干的词连成一句更好"))
    return _apart().submit(_hasher.hash, text).result()


@cache
def _apart() -> ThreadPoolExecutor:
    """Threads that hash and nothing else. They stand back: devices need the cores, and a hash holds no lock."""
    return ThreadPoolExecutor(budgets.current().hashes, "hash", initializer=_stand_back)


def _stand_back() -> None:
    # On Linux priorities are of threads.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one whose hash is kept; takes as long where there is none."""
    try:
        text = _normal(password)[:MAX_LENGTH]
        return _apart().submit(_hasher.verify, kept or _nobody(), text).result() and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
