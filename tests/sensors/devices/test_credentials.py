"""Credentials of devices."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.devices import credentials


@settings(max_examples=25)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40), st.text(max_size=40))
def test_only_the_secret_itself_opens_its_hash(secret: str, other: str) -> None:
    stored = credentials.hash_secret(secret)
    assert credentials.verify(secret, stored)
    assert credentials.verify(other, stored) is (other == secret)


def test_a_secret_with_nothing_behind_it_is_another_one() -> None:
    assert not credentials.verify("s\0", credentials.hash_secret("s"))


def test_the_same_secret_is_never_stored_the_same_way() -> None:
    assert credentials.hash_secret("s") != credentials.hash_secret("s")


@given(st.text(max_size=80))
def test_a_broken_hash_opens_to_nobody(stored: str) -> None:
    assert credentials.verify("", stored) is False


def test_a_secret_is_long_and_new() -> None:
    assert len({credentials.new_secret() for _ in range(100)}) == 100
    assert len(credentials.new_secret()) == 32
