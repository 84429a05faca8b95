"""A row for each register that ships, made by its declaration alone; what an invariant asks for stands in a table."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import httpx

from geo.ground import places
from layers.services.registers import declare
from layers.services.registers.declare import Field, Register
from store.instant import local_date, now

COMMUNITY = "heling"
TODAY = local_date(now())
_numbers = count(1)

FITTING: Mapping[str, Mapping[str, Any]] = {
    "meal_prices": {
        "from": "2026-01-01",
        "until": None,
        "price": "10",
        "full_pays": "10",
        "senior_from": 70,
        "senior_pays": "3",
        "oldest_from": 80,
        "oldest_pays": "0",
        "part_payer": "cooperative",
        "free_payer": None,
    },
    "terms": {"starts": TODAY.isoformat(), "ends": (TODAY + timedelta(days=90)).isoformat()},
    "courses": {"age_from": None, "age_to": None, "places": 30, "term": None},
    "sessions": {"venue": None},
    "tour_products": {"starts": None, "ends": None, "places": 50, "facility": None},
    "points_policies": {"since": "2020-01-01", "points": 5, "earning": "volunteer_hours"},
    "goods": {"price": 1},
    "goods_receipts": {"count": 100},
    "redemptions": {"count": 1},
    "day_care": {"places": 10, "taken": 4},
    "nurseries": {"places": 10, "taken": 4},
    "reinvestments": {"year": 2026, "income": "100", "reinvested": "20"},
    "enrolments": {"left": None},
    "activities": {"site": None, "places": 30},
    "sign_ups": {"left": None},
    "service_requests": {"served": None, "satisfied": None, "due": (TODAY + timedelta(days=9)).isoformat()},
    "clinic_roster": {"from": "08:00", "to": "12:00"},
    "bookings": {"afterwards": "是", "recurrence": None, "exceptions": None, "site": None},
    "shop_concessions": {"until": None},
    "operators": {"until": None},
    "desks": {"until": None},
    "wishes": {"granted": None},
    "campaigns": {"ends": None},
}
"""Register -> values that its invariants ask for; None leaves an optional field out."""


def _attendance(client: httpx.Client) -> dict[str, Any]:
    course, person = add(client, "courses")["id"], add(client, "persons")["id"]
    add(client, "enrolments", course=course, person=person)
    return {"session": add(client, "sessions", course=course)["id"], "person": person}


def _redemption(client: httpx.Client) -> dict[str, Any]:
    goods, person = add(client, "goods")["id"], add(client, "persons")["id"]
    add(client, "goods_receipts", goods=goods)
    earned = client.post(f"/api/v1/{COMMUNITY}/points/entries", json={"person": person, "amount": 50, "memo": "样例"})
    assert earned.status_code == 201, earned.text
    return {"goods": goods, "person": person}


def _check_in(client: httpx.Client) -> dict[str, Any]:
    person = add(client, "persons")["id"]
    add(client, "living_alone", person=person)
    return {"person": person}


BEFORE: Mapping[str, Callable[[httpx.Client], dict[str, Any]]] = {
    "attendance": _attendance,
    "redemptions": _redemption,
    "check_ins": _check_in,
}
"""What has to be there before a row can be: register -> values that name it."""


def register(code: str) -> Register:
    """A register that ships."""
    return declare.registers(COMMUNITY)[code]


def sample(client: httpx.Client, code: str, **more: Any) -> dict[str, Any]:
    """Values of a new row; rows that it names are added first."""
    number = next(_numbers)
    given = dict(FITTING.get(code, {})) | (BEFORE[code](client) if code in BEFORE and not more else {}) | more
    for field in register(code).fields:
        if field.code in given or field.computed:
            continue
        value = _value(client, field, number)
        if value is not None:
            given[field.code] = value
    return {name: value for name, value in given.items() if value is not None}


def add(client: httpx.Client, code: str, **more: Any) -> dict[str, Any]:
    """A new row by the API."""
    answer = client.post(f"/api/v1/{COMMUNITY}/registers/{code}", json={"values": sample(client, code, **more)})
    assert answer.status_code == 201, (code, answer.text)
    found: dict[str, Any] = answer.json()
    return found


def _value(client: httpx.Client, field: Field, number: int) -> Any:
    match field.type:
        case "text":
            return f"样{number}"[: int(field.most or 200)]
        case "long":
            return f"样例 {number}"
        case "integer" | "number":
            return max(1, int(field.least or 1))
        case "money":
            return "3.50"
        case "date":
            return TODAY.isoformat()
        case "time":
            hour = 19 if field.code == "ends" else 18
            ahead = number % 200 if field.code in ("starts", "ends") else -1
            day = TODAY + timedelta(days=ahead)
            return f"{day.isoformat()}T{hour}:00:00+08:00"
        case "clock":
            return "08:30"
        case "month":
            return TODAY.isoformat()[:7]
        case "yes_no":
            return None if not field.required else "是"
        case "choice":
            return next(iter(field.choices))
        case "choices":
            return [next(iter(field.choices))]
        case "place":
            known = [one for one in places(COMMUNITY, field.layer) if one.kind not in field.but]
            return known[number % len(known)].code if known else None
        case "row":
            return add(client, field.to)["id"] if field.required else None
        case "recurrence":
            return None
