"""Points from outside: earned by volunteering, spent on food, told to each as far as they may see it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from store.instant import local_date, now
from tests.permissions import bearer
from tests.running import Cockpit

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(cockpit: Cockpit) -> Ask:
    """Ask as somebody of a role, None: a stranger; returns the answer's JSON after a look at its status."""
    tokens = {role: bearer(cockpit, f"points-{role}", role, "heling") for role in ("steward", "manager")}

    def asked(role: str | None, path: str, body: Any = None, status: int | None = None, **query: Any) -> Any:
        method = "GET" if body is None else "POST"
        url = f"{cockpit.url}/api/v1/heling{path}"
        answer = httpx.request(method, url, json=body, params=query, headers=tokens.get(role or "", {}))
        assert answer.status_code == (status or (200 if body is None else 201)), answer.text
        return answer.json()

    return asked


def added(ask: Ask, register: str, **values: Any) -> Any:
    return ask("manager", f"/registers/{register}", {"values": values})


def test_hours_become_points_and_points_become_food(ask: Ask) -> None:
    today = local_date(now()).isoformat()
    person = added(ask, "persons", card="0001", name="居民甲")["id"]
    added(ask, "points_policies", earning="volunteer_hours", since=today, points=4, months=12)
    tofu = added(ask, "goods", name="油豆腐", kind="food", origin="武义三港乡", unit="袋", price=5)["id"]
    added(ask, "goods_receipts", goods=tofu, count=3, day=today)
    deed = {"person": person, "activity": "清扫", "campaign": "red_engine", "hours": 3, "day": today}
    hours = ask("steward", "/registers/volunteer_hours", {"values": deed})
    assert hours["values"]["points"] == 12

    redeemed = ask("steward", "/registers/redemptions", {"values": {"person": person, "goods": tofu, "count": 2}})
    assert redeemed["values"]["points"] == 10
    more = {"values": {"person": person, "goods": tofu, "count": 1}}
    assert ask("steward", "/registers/redemptions", more, 409)["balance"] == 2
    [row] = [one for one in ask(None, "/registers/goods")["rows"] if one["id"] == tofu]
    assert row["values"]["stock"] == 1

    [account] = ask("steward", "/points/accounts")["accounts"]
    number = account.pop("id")
    assert account == {"person": person, "balance": 2, "earned": 12, "spent": 10, "expired": 0}
    statement = ask("steward", f"/points/accounts/{number}/statement")
    assert [(one["kind"], one["amount"], one["balance"]) for one in statement["entries"]] == [
        ("spent", -10, 2),
        ("earned", 12, 12),
    ]
    refusal = ask("manager", f"/registers/volunteer_hours/{hours['id']}/void", {"reason": "误录"}, 409)
    assert refusal["balance"] == 2
    ask("manager", f"/registers/redemptions/{redeemed['id']}/void", {"reason": "退货"}, 200)
    ask("manager", f"/registers/volunteer_hours/{hours['id']}/void", {"reason": "误录"}, 200)
    [account] = ask("steward", "/points/accounts")["accounts"]
    assert (account["balance"], account["earned"], account["spent"]) == (0, 0, 0)


def test_a_manager_posts_and_reverses_once(ask: Ask) -> None:
    person = added(ask, "persons", card="0002", name="居民乙")["id"]
    entry = {"person": person, "amount": 10, "memo": "赠", "reference": "gift-1"}
    first = ask("manager", "/points/entries", entry)
    assert ask("manager", "/points/entries", entry, 200)["id"] == first["id"]
    assert ask("manager", "/points/entries", entry | {"amount": 9}, 409)["id"] == first["id"]
    spent = {"from": first["account"], "to": "spent", "amount": 11}
    assert ask("manager", "/points/entries", spent, 409)["balance"] == 10
    ask("steward", "/points/entries", entry, 403)
    ask(None, "/points/entries", entry, 401)
    for amount in (0, -1, 1.5, "1", 10**9):
        ask("manager", "/points/entries", entry | {"amount": amount}, 400)
    reverse = f"/points/entries/{first['id']}/reverse"
    assert ask("manager", reverse, {"reason": "记错"})["reverses"] == first["id"]
    assert "reversed_by" in ask("manager", reverse, {"reason": "记错"}, 409)


def test_accounts_are_told_page_by_page_and_as_they_were(ask: Ask) -> None:
    before = "2026-01-01T00:00:00Z"
    for card in ("0003", "0004", "0005"):
        person = added(ask, "persons", card=card, name=f"居民{card}")["id"]
        ask("manager", "/points/entries", {"person": person, "amount": 1})
    page = ask("steward", "/points/accounts", limit=2)
    rest = ask("steward", "/points/accounts", limit=100, cursor=page["next_cursor"])
    numbers = [one["id"] for one in page["accounts"] + rest["accounts"]]
    assert numbers == sorted(set(numbers), reverse=True)
    assert rest["next_cursor"] is None
    assert ask("steward", "/points/accounts", at=before)["accounts"] == []
    ask("steward", "/points/accounts/999999/statement", status=404)
    for path in ("/points/accounts", f"/points/accounts/{numbers[0]}/statement"):
        ask(None, path, status=401)


def test_totals_are_for_everybody_and_name_nobody(ask: Ask) -> None:
    found = ask(None, "/points/totals")
    assert set(found) == {"issued", "spent", "expired", "in_hand", "people", "hidden", "origins"}
    assert set(found["hidden"].values()) <= {"fewer than 5"}
    assert ask("steward", "/points/totals", at="2026-01-01T00:00:00Z")["issued"] == 0
