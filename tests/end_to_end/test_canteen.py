"""Canteen and care from outside: a steward enters, a manager closes, everybody is told totals and no names."""

from datetime import timedelta
from typing import Any

import httpx

from store.instant import local_date, now
from tests.end_to_end.test_events import client
from tests.running import Cockpit

API = "/api/v1/tahai"
TODAY = local_date(now())
PRICE = {
    "from": str(TODAY - timedelta(40)),
    "price": 10,
    "senior_from": 70,
    "senior_pays": 3,
    "oldest_from": 80,
    "oldest_pays": 0,
    "part_payer": "cooperative",
}


def entered(who: httpx.Client, register: str, **given: Any) -> Any:
    answer = who.post(f"{API}/registers/{register}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(who: httpx.Client, path: str, **asked: str) -> Any:
    answer = who.get(f"{API}/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_meals_are_sold_told_and_closed(cockpit: Cockpit) -> None:
    manager = client(cockpit, "食堂经理", "manager", "tahai")
    steward = client(cockpit, "食堂文员", "steward", "tahai")
    stranger = httpx.Client(base_url=cockpit.url)
    assert steward.post(f"{API}/registers/meal_prices", json=PRICE).status_code == 403
    entered(manager, "meal_prices", **PRICE)
    day = str(TODAY - timedelta(1))
    born = {"K1": f"{TODAY.year - 75}-01-01", "K2": f"{TODAY.year - 85}-01-01"}
    for card in ("K1", "K2", "K3", "K4", "K5", "K6", "K7"):
        person = entered(steward, "persons", card=card, name=f"张{card}", born=born.get(card))
        meal = entered(steward, "meals", guest=person["id"], day=day, meal="lunch")
    assert meal["values"]["by_guest"] == "10.00"
    assert meal["values"]["remarks"] == ["no_birthday"]
    again = steward.post(f"{API}/registers/meals", json={"guest": person["id"], "day": day, "meal": "lunch"})
    assert (again.status_code, again.json()["id"]) == (409, meal["id"])

    asked = {"from": day, "to": day}
    [whole] = told(steward, "canteen/days", **asked)["days"]
    assert (whole["meals"], whole["fen"], whole["closed"]) == (7, 7000, False)
    assert {row["payer"]: row["fen"] for row in whole["payers"]} == {
        "guest": 5300,
        "cooperative": 700,
        "unnamed": 1000,
    }
    assert told(stranger, "canteen/days", **asked)["days"] == [{"day": day, "closed": False, "meals": 7}]
    month = told(stranger, "canteen/month", month=day[:7])
    assert month["meals"] == 7
    assert {row["meals"] for row in month["tiers"]} == {None}
    assert {row["fen"] for row in month["payers"]} == {None}
    then = {"month": day[:7], "at": f"{TODAY - timedelta(2)}T00:00:00Z"}
    assert told(steward, "canteen/month", **then)["meals"] == 0

    for who, status in ((stranger, 401), (steward, 403)):
        assert who.post(f"{API}/canteen/closings", json={"day": day}).status_code == status
        assert stranger.get(f"{API}/canteen/closings").status_code == 401
    assert manager.post(f"{API}/canteen/closings", json={}).status_code == 422
    assert manager.post(f"{API}/canteen/closings", json={"day": "2026-02-30"}).status_code == 400
    closing = manager.post(f"{API}/canteen/closings", json={"day": day})
    assert (closing.status_code, closing.json()["fen"]) == (201, 7000)
    assert manager.post(f"{API}/canteen/closings", json={"day": day}).status_code == 200
    voided = steward.post(f"{API}/registers/meals/{meal['id']}/void", json={"reason": "误录"})
    assert voided.status_code == 200, voided.text
    [kept] = told(steward, "canteen/closings")["closings"]
    assert (kept["digest"], kept["intact"], kept["meals"]) == (closing.json()["digest"], True, 7)
    [reversal] = told(steward, "canteen/postings", day=str(TODAY))["postings"]
    assert (reversal["kind"], reversal["late"], reversal["fen"], reversal["row"]) == (
        "reversal",
        True,
        -1000,
        meal["id"],
    )
    owed = {row["payer"]: row["owed"] for row in told(steward, "canteen/subsidies", month=day[:7])["payers"]}
    assert owed == {"cooperative": 700, "unnamed": 1000}


def test_who_is_overdue_is_for_stewards_and_totals_are_for_everybody(cockpit: Cockpit) -> None:
    steward = client(cockpit, "社工文员", "steward", "tahai")
    stranger = httpx.Client(base_url=cockpit.url)
    person = entered(steward, "persons", card="L1", name="独居的李某")
    since = str(TODAY - timedelta(10))
    entered(steward, "living_alone", person=person["id"], every_days=3, since=since, account="住三楼，腿脚不便")
    late = told(steward, "care/overdue")
    assert (late["count"], late["overdue"][0]["days_overdue"], late["overdue"][0]["person"]) == (1, 7, person["id"])
    assert "独居的李某" in late["overdue"][0]["called"]
    assert stranger.get(f"{API}/care/overdue").status_code == 401
    totals = told(stranger, "care/totals")
    assert totals["living_alone"] == {"count": None, "seen": None, "overdue": None}
    assert "李" not in str(totals)
    assert stranger.get(f"{API}/registers/living_alone").status_code in (401, 403)
    kept = b"".join(file.read_bytes() for file in cockpit.data.glob("cockpit.db*"))
    assert "腿脚不便".encode() not in kept
    entered(steward, "check_ins", person=person["id"], how="called", seen=f"{TODAY - timedelta(1)}T04:00:00Z")
    assert told(steward, "care/overdue")["count"] == 0
