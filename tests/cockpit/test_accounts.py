"""Accounts: what is personal of staff is sealed and erased, what somebody chose is theirs, a session ends alone."""

from collections.abc import Collection

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from cockpit.errors import BadSetting
from cockpit.notices import bell
from cockpit.notices.bell import Hearer
from cockpit.people import choices, contacts, sessions, users
from cockpit.people.contacts import Contact
from cockpit.people.sessions import Seen
from cockpit.people.tables import app_user
from layers.roles import Actor
from store import audit, notices
from store.engine import writing
from store.instant import now
from store.notices import Notice
from store.seal import Seal

ZHANG = Actor("zhang", "manager", "user")
SEAL = Seal(Fernet.generate_key())


@pytest.fixture
def staffed(engine: Engine) -> Engine:
    """A database with one manager."""
    with writing(engine) as connection:
        users.add(connection, "zhang", "manager", ["heling"], "tests")
    return engine


def test_a_real_name_and_a_phone_are_sealed_and_erased_and_no_trail_tells_them(staffed: Engine) -> None:
    with writing(staffed) as connection:
        contacts.keep(connection, SEAL, "zhang", contacts.checked("张建国", "138 0000 0000"), "tests")
        row = connection.execute(select(app_user.c.real_name, app_user.c.phone)).one()
        told = contacts.of_all(connection, SEAL)["zhang"]
        trail = str(audit.rows(connection, 10))
    assert told == Contact("张建国", "138 0000 0000")
    assert "张建国".encode() not in row.real_name
    assert "user.contact" in trail
    assert not {"张建国", "0000"} & {part for part in ("张建国", "0000") if part in trail}
    with writing(staffed) as connection:
        contacts.keep(connection, SEAL, "zhang", contacts.checked("", None), "tests")
        assert connection.execute(select(app_user.c.real_name, app_user.c.phone)).one() == (None, None)


@pytest.mark.parametrize(("name", "phone"), [("张\n三", None), ("张" * 41, None), (None, "call me"), (None, "1" * 40)])
def test_what_is_no_name_and_no_phone_is_refused(name: str | None, phone: str | None) -> None:
    with pytest.raises(BadSetting):
        contacts.checked(name, phone)


def test_the_bell_is_silent_for_what_is_not_wanted_but_for_what_is_given_by_name(staffed: Engine) -> None:
    def unread(unwanted: Collection[str]) -> int:
        return bell.unread(connection, Hearer(ZHANG, "heling", frozenset(unwanted)))

    with writing(staffed) as connection:
        for mark, person in (("1", None), ("2", "zhang")):
            told = Notice(community="heling", at=now(), kind="warn", subject=mark, title="t", mark=mark, person=person)
            notices.tell(connection, told if person else Notice(**vars(told) | {"least": "manager"}))
        choices.keep_unwanted(connection, "zhang", ["warn"])
        assert (unread(()), unread(choices.of(connection, "zhang").unwanted)) == (2, 1)
        with pytest.raises(BadSetting):
            choices.keep_unwanted(connection, "zhang", ["lunch"])


def test_a_session_is_known_again_and_ends_alone(staffed: Engine) -> None:
    with writing(staffed) as connection:
        mine = sessions.start(connection, "zhang", Seen("Firefox/140", "10.0.0.7"))
        phone = sessions.start(connection, "zhang")
        listed = {one.agent: one for one in sessions.of_user(connection, "zhang", mine)}
        assert listed["Firefox/140"].is_this
        assert listed["Firefox/140"].source == "10.0.0.7"
        assert sessions.end_of_user(connection, "zhang", listed[None].id, mine) == 1
        assert sessions.find(connection, phone) is None
        assert sessions.find(connection, mine) is not None
        sessions.start(connection, "zhang")
        assert sessions.end_of_user(connection, "zhang", None, mine) == 1
        assert len(sessions.of_user(connection, "zhang", mine)) == 1
