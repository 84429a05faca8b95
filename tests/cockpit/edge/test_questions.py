"""How often strangers may ask: by address, with what an outage needs to spare, and never in the way of who is known."""

from typing import Any

from cockpit.edge.questions import Questions, address_of
from store import budgets
from tests.cockpit.edge.small import small_budgets

__all__ = ["small_budgets"]


def asked(address: str, path: str = "/api/v1/communities", cookie: str | None = None) -> dict[str, Any]:
    """The scope of a question."""
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return {"type": "http", "path": path, "client": (address, 1), "headers": headers}


def test_one_address_is_told_to_wait_and_another_is_not(small_budgets: None) -> None:
    budgets.configure({"stranger_questions_at_once": 3, "stranger_questions_a_minute": 60})
    questions = Questions()
    assert [questions.wait_s(asked("192.0.2.1")) for _ in range(4)] == [0, 0, 0, 1]
    assert questions.wait_s(asked("192.0.2.2")) == 0


def test_assets_and_health_do_not_count(small_budgets: None) -> None:
    budgets.configure({"stranger_questions_at_once": 1, "stranger_questions_a_minute": 1})
    questions = Questions()
    for path in ("/assets/x.js", "/healthz", "/_dash-component-suites/a.js", "/geo/base/1/2/3"):
        assert questions.wait_s(asked("192.0.2.1", path)) == 0
    assert questions.wait_s(asked("192.0.2.1")) == 0
    assert questions.wait_s(asked("192.0.2.1")) > 0


def test_who_is_signed_in_is_never_made_to_wait_by_strangers_of_the_same_address(small_budgets: None) -> None:
    budgets.configure({"stranger_questions_at_once": 2, "stranger_questions_a_minute": 1})
    questions = Questions()
    for _ in range(5):
        questions.wait_s(asked("192.0.2.1"))
    mine = asked("192.0.2.1", cookie="cockpit_session=good")
    assert questions.wait_s(mine) == 0
    questions.was_signed_in(mine)
    assert [questions.wait_s(mine) for _ in range(9)] == [0] * 9
    # A cookie that proves nothing is a stranger's.
    forged = [questions.wait_s(asked("192.0.2.1", cookie=f"cockpit_session={k}")) for k in range(5)]
    assert forged[0] == 0
    assert all(forged[1:])


def test_an_ipv6_subscriber_is_one_address_and_a_mapped_ipv4_the_same_as_ipv4() -> None:
    assert address_of(asked("2001:db8:1:2::1")) == address_of(asked("2001:db8:1:2:ffff::9"))
    assert address_of(asked("2001:db8:1:2::1")) != address_of(asked("2001:db8:1:3::1"))
    assert address_of(asked("::ffff:192.0.2.7")) == "192.0.2.7"


def test_the_addresses_that_are_remembered_are_bounded(small_budgets: None) -> None:
    budgets.configure({"addresses": 10})
    questions = Questions()
    for k in range(1000):
        questions.wait_s(asked(f"10.0.{k // 250}.{k % 250}"))
    assert len(questions._buckets) == 10
