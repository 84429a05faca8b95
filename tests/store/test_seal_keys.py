"""Keys of the seal: one that something was sealed with is missed before another takes its place."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, LargeBinary, delete, select, text

from cockpit.errors import BadSetting
from cockpit.people import contacts, users
from cockpit.people.tables import app_user
from cockpit.sealing import seal
from cockpit.settings import Settings
from layers.declare import layers
from store import seal_keys
from store.databases import Databases
from store.engine import writing
from store.metadata import metadata
from store.seal import fingerprints


@pytest.fixture
def staffed(engine: Engine) -> Engine:
    """A database with one manager."""
    with writing(engine) as connection:
        users.add(connection, "zhang", "manager", ["heling"], "tests")
    return engine


def kept(engine: Engine, settings: Settings, name: str | None) -> contacts.Contact:
    """Keep a name as a form would send it; returns what is told afterwards."""
    key = seal(settings, Databases(engine))
    with writing(engine) as connection:
        contacts.keep(connection, key, "zhang", contacts.checked(name, None), "tests")
        return contacts.of_all(connection, key)["zhang"]


def test_every_column_of_bytes_is_known_as_sealed_or_as_not(engine: Engine) -> None:
    layers()
    columns = {
        f"{table.name}.{one.name}"
        for table in metadata.tables.values()
        for one in table.columns
        if isinstance(one.type, LargeBinary)
    }
    sealed = {f"{table}.{one}" for table, names in seal_keys.sealed_columns().items() for one in names}
    assert sealed <= columns
    others = {one for one in columns - sealed if not one.endswith((".figures", ".content", ".jpeg"))}
    assert others == {"ground_feature.geometry", "quarantine.payload"}


def test_a_lost_key_is_not_replaced_while_anything_is_sealed(staffed: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert kept(staffed, settings, "张建国") == contacts.Contact("张建国")
    [needed] = fingerprints(settings.seal_key)
    copy = settings.seal_key.read_bytes()
    settings.seal_key.unlink()
    with pytest.raises(BadSetting, match=f"needs the key {needed}, and .*seal.key is not there: put back"):
        seal(settings, Databases(staffed))
    assert not settings.seal_key.exists()
    settings.seal_key.write_bytes(Fernet.generate_key())
    with pytest.raises(BadSetting, match=f"needs the key {needed}, and .* has {fingerprints(settings.seal_key)[0]}"):
        seal(settings, Databases(staffed))
    settings.seal_key.write_bytes(copy)
    assert kept(staffed, settings, "张建国").real_name == "张建国"


def test_what_a_key_sealed_that_was_given_up_is_locked_and_no_empty_form_takes_it_away(
    staffed: Engine, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    kept(staffed, settings, "张建国")
    [lost] = fingerprints(settings.seal_key)
    copy = settings.seal_key.read_bytes()
    settings.seal_key.unlink()
    with writing(staffed) as connection:
        seal_keys.give_up(connection, lost)
    assert kept(staffed, settings, None).locked == {"real_name": f"锁定：需要密钥 {lost}"}
    settings.seal_key.write_bytes(settings.seal_key.read_bytes() + copy)
    assert kept(staffed, settings, "张建国") == contacts.Contact("张建国")
    with staffed.connect() as connection:
        assert seal_keys.keys(connection, settings.seal_key).given_up == []
        assert not any(seal_keys.keys(connection, settings.seal_key).known.values())


def test_a_locked_name_can_still_be_erased_and_replaced(staffed: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    kept(staffed, settings, "张建国")
    with writing(staffed) as connection:
        seal_keys.give_up(connection, fingerprints(settings.seal_key)[0])
    settings.seal_key.unlink()
    key = seal(settings, Databases(staffed))
    with writing(staffed) as connection:
        contacts.keep(connection, key, "zhang", contacts.Contact(), "tests", erases_locked=True)
        assert connection.scalar(select(app_user.c.real_name)) is None


def test_a_key_that_nothing_was_sealed_with_is_replaced(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    seal(settings, Databases(engine))
    former = fingerprints(settings.seal_key)
    settings.seal_key.unlink()
    seal(settings, Databases(engine))
    with engine.connect() as connection:
        known = seal_keys.keys(connection, settings.seal_key).known
    assert list(known) == fingerprints(settings.seal_key) != former


def test_a_database_of_before_fingerprints_were_noted_is_tried(staffed: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    kept(staffed, settings, "张建国")
    with writing(staffed) as connection:
        connection.execute(delete(seal_keys.seal_key))
    seal(settings, Databases(staffed))
    with writing(staffed) as connection:
        assert list(seal_keys.keys(connection, settings.seal_key).known) == fingerprints(settings.seal_key)
        connection.execute(text("DROP TABLE seal_key"))
    settings.seal_key.unlink()
    with staffed.connect() as connection:
        assert seal_keys.keys(connection, settings.seal_key).missing == [seal_keys.UNKNOWN]


def test_a_file_that_holds_no_key_is_said(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    settings.seal_key.write_text("no key", encoding="utf-8")
    with pytest.raises(BadSetting, match=r"COCKPIT_SEAL_KEY_FILE: key file"):
        seal(settings, Databases(engine))
