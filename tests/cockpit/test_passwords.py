"""What a new password must be: a common one is refused however long it was made, a phrase of one's own is taken."""

import time
from contextlib import suppress

import pytest

from cockpit.people import guessable, passwords
from cockpit.people.passwords import WeakPassword

COMMON = (
    "password1234567",
    "Password123!Password123!",
    "P@ssw0rd-2026-P@ssw0rd",
    "password2026fangyan!",
    "woaini1314520woaini",
    "heling-cockpit-admin-2026",
    "Fangyanzhen@2026!",
    "yongkangshi12345!@#$%",
    "赫灵未来社区指挥中心2026",
    "橙麓橙麓岩上岩下两头门20261",
    "13812345678138123456",
    "20261127202611272026",
    "qwertyuiopasdfghjklzxcvbnm1234567890",
    "qwerty123456" * 8,
)
OWN = ("丹霞 橙麓 lantern quiet 7", "correct horse battery staple 77", "xK7pQ2mW9vL4tR8", "岩上溪水 paper boat drifts")


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused_however_long_it_was_made(password: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.hash_new(password, "陈主任")


@pytest.mark.parametrize("password", OWN)
def test_a_phrase_of_ones_own_is_taken(password: str) -> None:
    assert passwords.matches(passwords.hash_new(password, "陈主任"), password)


def test_whose_password_it_is_counts_for_nothing_in_it() -> None:
    assert guessable.own("zhangjianguo1988zhangjianguo", ["zhangjianguo"]) == 0


def test_what_is_long_and_full_of_signs_is_judged_at_once() -> None:
    guessable.own("x", ())  # reads its lists
    began = time.thread_time()
    for hostile in ("$@4(8{3690!1|7+5" * 8, "4@8({[<369&#!1|70$5+7%2" * 6, "ab" * 64):
        with suppress(WeakPassword):
            passwords.hash_new(hostile, "陈主任")
    assert time.thread_time() - began < 3
