"""The key by which phones are called: one for the installation, whatever keys were there, whatever seal was lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, insert, select

from cockpit.notices import push, vapid
from store.databases import Databases
from store.engine import writing
from store.notices import push_key, webhook
from store.seal import Seal
from tests.database import new_database

SERVICE = "https://fcm.googleapis.com/one"


@pytest.fixture
def split(tmp_path: Path) -> Iterator[Databases]:
    """塔海 has a database of its own."""
    folders = [tmp_path / name for name in ("shared", "tahai")]
    for folder in folders:
        folder.mkdir()
    shared, own = (new_database(folder) for folder in folders)
    found = Databases(shared, {"tahai": own})
    yield found
    found.close()


def keep(connection: Connection, seal: Seal, community: str, created: int) -> str:
    """A key that a community had of its own; answers its public half."""
    pem = vapid.new_key()
    row = {"community": community, "secret": seal.seal(pem), "created": created}
    connection.execute(insert(push_key).values(row))
    return vapid.public(pem)


def test_the_oldest_key_of_a_community_becomes_that_of_all(split: Databases) -> None:
    seal = Seal(Fernet.generate_key())
    with writing(split.shared) as connection:
        keep(connection, Seal(Fernet.generate_key()), "lost", 1)
        keep(connection, seal, "heling", 3)
    with writing(split.of("tahai")) as connection:
        first = keep(connection, seal, "tahai", 2)
    assert push.public_key(split, seal) == first
    # A community that comes later with an older one, from a backup, changes nothing.
    with writing(split.shared) as connection:
        keep(connection, seal, "later", 0)
    assert push.public_key(split, seal) == first


def test_a_key_whose_seal_was_given_up_is_replaced_and_its_phones_come_back_with_the_seal(split: Databases) -> None:
    lost, found = Fernet.generate_key(), Fernet.generate_key()
    before = push.public_key(split, Seal(lost))
    push.add(split, Seal(lost), "tahai", "某网格", SERVICE, "tests")
    after = push.public_key(split, Seal(found))
    assert after != before
    assert push.public_key(split, Seal(found)) == after
    whole = Seal(found, lost)
    assert push.public_key(split, whole) == after
    with split.of("tahai").connect() as connection:
        sealed = connection.execute(select(webhook.c.secret)).scalar_one()
    assert vapid.public(whole.open(sealed)) == before, "a phone is called by the key that it knows"


def test_a_phone_that_somebody_else_turned_on_is_theirs_in_every_database(split: Databases) -> None:
    seal = Seal(Fernet.generate_key())
    for community in ("heling", "tahai"):
        push.add(split, seal, community, "前一人", SERVICE, "tests")
    push.add(split, seal, "heling", "后一人", SERVICE, "tests")
    whose = {}
    for community in ("heling", "tahai"):
        with split.of(community).connect() as connection:
            c = webhook.c
            query = select(c.person).where(c.community == community, c.removed.is_(None))
            whose[community] = list(connection.scalars(query))
    assert whose == {"heling": ["后一人"], "tahai": []}
