"""Guessing waits and people do not; hashes stand outside of transactions; accounts are bound; the last admin stays."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, update

from cockpit.errors import BadSetting
from cockpit.people import attempts, passwords, sessions, users
from cockpit.people.attempts import Origin
from cockpit.people.sign_in import Attempt, Refusal, Welcome, sign_in, start_vouched
from cockpit.people.tables import invitation, sign_in_failure
from store import audit
from store.audit import audit as trail
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND, Instant
from store.instant import now as real_now

PASSWORD = "correct horse battery staple 77"
OWNER = Attempt(name="zhang", password=PASSWORD, source="10.1.1.1")


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.at: Instant = real_now()

    def __call__(self) -> Instant:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    for module in (attempts, sessions):
        monkeypatch.setattr(module, "now", found)
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are compared as they are: what is counted here is not their time."""
    monkeypatch.setattr(passwords, "matches", lambda kept, given: kept is not None and kept == given)


@pytest.fixture
def zhang(engine: Engine, quick: None) -> Engine:
    """A database with one steward."""
    with writing(engine) as connection:
        users.add(connection, "zhang", "steward", ["heling"], "tests")
        users.set_password(connection, users.named(connection, "zhang"), PASSWORD, "tests")
    return engine


def guess(source: str, name: str = "zhang") -> Attempt:
    return Attempt(name=name, password="a guess", source=source)


def test_a_stranger_who_guesses_for_four_hours_makes_the_owner_wait_never(zhang: Engine, clock: Clock) -> None:
    looked_at = 0
    for second in range(0, 4 * 3600, 10):
        clock.at += 10 * SECOND
        outcome = sign_in(zhang, guess("203.0.113.9"))
        assert isinstance(outcome, Refusal)
        looked_at += outcome.wait_s in (0, attempts.PAIR.most_s)
        if second % 600 == 0:
            assert isinstance(sign_in(zhang, OWNER), Welcome)
    assert looked_at < 80, "a guesser from one address has few tries"


def test_a_list_of_names_from_one_address_is_held_and_a_known_browser_there_is_not(zhang: Engine, clock: Clock) -> None:
    home = replace(OWNER, source="203.0.113.9")
    welcome = sign_in(zhang, home)
    assert isinstance(welcome, Welcome)
    outcomes = [sign_in(zhang, guess("203.0.113.9", f"name{n}")) for n in range(attempts.ADDRESS.free + 5)]
    assert [outcome.wait_s > 0 for outcome in outcomes if isinstance(outcome, Refusal)][-5:] == [True] * 5
    assert isinstance(sign_in(zhang, home), Refusal), "unknown devices there wait"
    assert isinstance(sign_in(zhang, replace(home, device=welcome.device)), Welcome)
    assert isinstance(sign_in(zhang, OWNER), Welcome), "other addresses do not"
    clock.at += 2 * MINUTE
    assert isinstance(sign_in(zhang, home), Welcome), "and not for good"


def test_a_guesser_over_many_addresses_is_bounded_and_the_owners_browser_passes(zhang: Engine, clock: Clock) -> None:
    welcome = sign_in(zhang, OWNER)
    assert isinstance(welcome, Welcome)
    tried = 0
    for n in range(600):
        clock.at += SECOND
        with zhang.connect() as connection:
            tried += attempts.wait_s(connection, "zhang", Origin(f"198.51.{n // 250}.{n % 250}")) == 0
        sign_in(zhang, guess(f"198.51.{n // 250}.{n % 250}"))
    assert tried < attempts.NAME.free + 600 // 30 + 25
    assert isinstance(sign_in(zhang, replace(OWNER, device=welcome.device)), Welcome)


def test_a_device_belongs_to_its_user_and_is_held_by_its_own_failures(zhang: Engine, clock: Clock) -> None:
    welcome = sign_in(zhang, OWNER)
    assert isinstance(welcome, Welcome)
    stolen = replace(guess("203.0.113.9"), device=welcome.device)
    outcomes = [sign_in(zhang, stolen) for _ in range(attempts.DEVICE.free + 3)]
    assert all(isinstance(one, Refusal) for one in outcomes)
    assert outcomes[-1] != Refusal(0)
    other = replace(guess("203.0.113.9", "li"), device=welcome.device)
    assert [sign_in(zhang, other) for _ in range(4)][-1] != Refusal(0), "to others it is no known device"


def test_the_trail_tells_of_refusals_summed_up_and_never_what_nobody_has_as_a_name(zhang: Engine, clock: Clock) -> None:
    for n in range(60):
        clock.at += 5 * SECOND
        sign_in(zhang, guess("203.0.113.9"))
        sign_in(zhang, guess("203.0.113.9", f"my-password-{n}"))
    with zhang.connect() as connection:
        told = [row for row in audit.rows(connection, 1000) if row["action"] == "session.refused"]
    assert len(told) == 2
    assert "my-password" not in str(told)
    clock.at += HOUR
    with writing(zhang) as connection:
        assert attempts.is_anything_untold(connection)
        attempts.tell_rest(connection)
        assert not attempts.is_anything_untold(connection)
    with zhang.connect() as connection:
        told = [row for row in audit.rows(connection, 1000) if row["action"] == "session.refused"]
    assert sum(row["detail"]["failures"] for row in told) > 30
    assert len(told) == 4


def test_no_transaction_is_open_while_a_password_is_hashed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[bool] = []

    def slow(_kept: str | None, _given: str) -> bool:
        with writing(engine) as connection:  # would wait for ever behind a transaction that writes
            audit.record(connection, "device", "published", "meanwhile")
        others.append(True)
        return False

    monkeypatch.setattr(passwords, "matches", slow)
    assert isinstance(sign_in(engine, guess("203.0.113.9")), Refusal)
    assert others == [True]


def test_many_tries_at_once_are_not_all_the_first(zhang: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    together = threading.Barrier(8)

    def slow(_kept: str | None, given: str) -> bool:
        compared.append(given)
        return False

    monkeypatch.setattr(passwords, "matches", slow)

    def attack() -> None:
        together.wait()
        for _ in range(5):
            sign_in(zhang, guess("203.0.113.9"))

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compared) <= attempts.PAIR.free + 1


def test_first_failures_at_one_moment_count_each(engine: Engine) -> None:
    together = threading.Barrier(6)

    def fail() -> None:
        together.wait()
        with writing(engine) as connection:
            attempts.fail(connection, "zhang", Origin("203.0.113.9"), is_known=True)

    threads = [threading.Thread(target=fail) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        counted = connection.scalars(select(sign_in_failure.c.failures)).all()
    assert counted == [6, 6, 6]


@pytest.mark.parametrize("name", ["a\0b", "", " ", "n" * 300, "😀"])
def test_a_name_that_nobody_can_have_is_refused_like_any_other(zhang: Engine, name: str) -> None:
    assert isinstance(sign_in(zhang, replace(OWNER, name=name)), Refusal)


ISSUER = "https://id.example"


def vouched(engine: Engine, name: str, subject: str) -> str | None:
    """Whose session begins when a provider vouches."""
    with writing(engine) as connection:
        secret = start_vouched(connection, name, ISSUER, subject)
        found = sessions.find(connection, secret) if secret else None
        return found.actor.name if found else None


def test_an_account_is_bound_at_its_first_sign_in_and_counts_from_then_on(zhang: Engine) -> None:
    with writing(zhang) as connection:
        users.add(connection, "boss", "admin", ["*"], "tests")
    assert vouched(zhang, "zhang", "sub-1") == "zhang"
    assert vouched(zhang, "boss", "sub-1") == "zhang", "renamed there, the same here"
    assert vouched(zhang, "zhang", "sub-2") is None, "nobody takes a name that is bound"
    assert vouched(zhang, "boss", "sub-2") == "boss"
    assert vouched(zhang, "nobody", "sub-3") is None
    with writing(zhang) as connection:
        users.unbind(connection, "zhang", "tests")
        with pytest.raises(BadSetting):
            users.unbind(connection, "zhang", "tests")
    assert vouched(zhang, "zhang", "sub-4") == "zhang"
    with writing(zhang) as connection:
        users.change(connection, "zhang", "steward", ["heling"], True, "tests")
    assert vouched(zhang, "zhang", "sub-4") is None, "who is shut out is shut out"
    with zhang.connect() as connection:
        actions = set(connection.scalars(select(trail.c.action)))
    assert {"identity.bind", "identity.unbind", "session.start", "session.refused"} <= actions


@pytest.mark.parametrize(
    ("name", "subject"),
    [("n" * 300, "s"), ("a\0b", "s"), ("", "s"), ("zhang", ""), ("zhang", "s" * 256), ("zhang", "\0")],
)
def test_what_a_provider_may_not_vouch_for_is_said(zhang: Engine, name: str, subject: str) -> None:
    with pytest.raises(BadSetting, match="characters"):
        vouched(zhang, name, subject)


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each of these did, all begun together: its answer, or the error."""
    barrier, outcomes = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001 - it is what is asked for
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def tops(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [one.name for one in users.everybody(connection) if one.is_top]


@pytest.mark.parametrize(
    ("role", "communities", "is_disabled"),
    [("steward", ["*"], False), ("admin", ["heling"], False), ("admin", ["*"], True), ("manager", ["heling"], True)],
)
def test_the_last_admin_of_everywhere_stays(
    engine: Engine, role: str, communities: list[str], is_disabled: bool
) -> None:
    with writing(engine) as connection:
        users.add(connection, "root", "admin", ["*"], "tests")
        users.add(connection, "local", "admin", ["heling"], "tests")
        users.add(connection, "gone", "admin", ["*"], "tests")
        users.change(connection, "gone", "admin", ["*"], True, "tests")
    with writing(engine) as connection, pytest.raises(BadSetting, match="last admin of all communities"):
        users.change(connection, "root", role, communities, is_disabled, "tests")
    assert tops(engine) == ["root"]


def test_who_was_only_invited_does_not_stand_in_for_an_admin_who_can_sign_in(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("root", "invited"):
            users.add(connection, name, "admin", ["*"], "tests")
        users.set_password(connection, users.named(connection, "root"), "a hash", "tests")
    with writing(engine) as connection, pytest.raises(BadSetting, match="last admin"):
        users.change(connection, "root", "steward", ["*"], False, "tests")


def test_two_admins_who_demote_each_other_at_once_leave_one(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("one", "two"):
            users.add(connection, name, "admin", ["*"], "tests")

    def demote(name: str) -> None:
        with writing(engine) as connection:
            users.change(connection, name, "steward", ["heling"], False, "tests")

    outcomes = at_once(lambda: demote("one"), lambda: demote("two"))
    assert sorted(type(one).__name__ for one in outcomes) == ["BadSetting", "NoneType"]
    assert len(tops(engine)) == 1


def test_a_link_that_works_no_more_says_why(engine: Engine) -> None:
    with writing(engine) as connection:
        number = users.add(connection, "li.wei", "steward", ["heling"], "tests")
        replaced = users.invite(connection, number)
        late = users.invite(connection, number)
        connection.execute(update(invitation).values(expires=0))
        with pytest.raises(users.NoInvitation, match="已经过期") as expired:
            users.invited(connection, late, None)
        taken = users.invite(connection, number)
        users.accept(connection, taken, "a hash", None)
        for secret, why in ((replaced, "unknown"), (late, "unknown"), (taken, "used")):
            with pytest.raises(users.NoInvitation) as refused:
                users.invited(connection, secret, None)
            assert refused.value.why == why
    assert expired.value.why == "expired"


def test_one_invitation_taken_up_twice_at_once_makes_one_admin(engine: Engine) -> None:
    with writing(engine) as connection:
        secret = users.invite_first(connection) or ""

    def accept(name: str) -> str:
        with writing(engine) as connection:
            return users.accept(connection, secret, "a hash", name)

    outcomes = at_once(lambda: accept("one"), lambda: accept("two"))
    assert sum(isinstance(one, users.NoInvitation) for one in outcomes) == 1
    assert len(tops(engine)) == 1


def test_a_clock_that_was_set_back_holds_nobody_for_as_long(engine: Engine, clock: Clock) -> None:
    origin = Origin("10.1.1.1")
    with writing(engine) as connection:
        attempts.fail(connection, "zhang", origin, is_known=True)
        clock.at -= 8 * HOUR
        assert attempts.wait_s(connection, "zhang", origin) == 0
        for _ in range(10):
            attempts.fail(connection, "zhang", origin, is_known=True)
        clock.at -= HOUR
        assert 0 < attempts.wait_s(connection, "zhang", origin) <= 300
