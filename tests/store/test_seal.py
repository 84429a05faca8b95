"""What is sealed: not readable without the key, and told apart from what was changed."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from store.seal import Seal, SealError, seal_of


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "seal.key"
    sealed = seal_of(path).seal("居民张某与李某")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "张某".encode() not in sealed
    assert seal_of(path).open(sealed) == "居民张某与李某"


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    sealed = Seal(old).seal("旧")
    assert Seal(new, old).open(sealed) == "旧"
    with pytest.raises(SealError, match="another key"):
        Seal(old).open(Seal(new, old).seal("新"))


def test_what_was_changed_is_not_opened() -> None:
    seal = Seal(Fernet.generate_key())
    sealed = bytearray(seal.seal("一"))
    sealed[20] ^= 1
    with pytest.raises(SealError, match="changed"):
        seal.open(bytes(sealed))


@pytest.mark.parametrize("content", [b"", b"not a key\n"])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seal.key"
    path.write_bytes(content)
    with pytest.raises(SealError, match=r"seal\.key"):
        seal_of(path)
