"""Alarms from outside: a device, a broker, a database, the API, the live channel."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.running import Cockpit, until


class Told:
    """A cockpit with a manager and a steward."""

    def __init__(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.tokens = {
            role: cockpit.answer("token", "add", "--role", role, "--name", f"alarms-{role}")["token"]
            for role in ("steward", "manager")
        }

    def ask(self, path: str, **query: Any) -> Any:
        answer = httpx.get(f"{self.cockpit.url}/api/v1/heling/{path}", params=query, headers=self._who("steward"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, role: str = "manager") -> httpx.Response:
        return httpx.post(f"{self.cockpit.url}/api/v1/heling/{path}", json=body, headers=self._who(role))

    def _who(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def of(self, device: str) -> list[dict[str, Any]]:
        return list(self.ask("alarms", device=device)["alarms"])


@pytest.fixture(scope="module")
def told(cockpit: Cockpit) -> Told:
    return Told(cockpit)


def smoke(told: Told, code: str) -> dict[str, Any]:
    """A smoke detector that says that it burns; its alarm."""
    device = told.cockpit.add_device(code, "smoke", lon=120.1905, lat=28.9285)
    assert told.cockpit.publish(device, "telemetry", {"smoke": True}) == 0
    until(lambda: told.of(code) != [], 5)
    return told.of(code)[0]


def test_smoke_is_an_alarm_at_once_and_opens_one_event(told: Told) -> None:
    alarm = smoke(told, "smoke-a")
    assert (alarm["rule"], alarm["priority"], alarm["state"], alarm["area"]) == (
        *("fire.smoke", "critical"),
        *("unacknowledged", "chenglu"),
    )
    assert alarm["event"]["open"]
    events = told.ask("events", category="safety.fire")["features"]
    assert [one["id"] for one in events if one["properties"]["device"] == "smoke-a"] == [alarm["event"]["id"]]
    whole = told.ask(f"events/{alarm['event']['id']}")["properties"]
    assert whole["origin"] == {"alarm": alarm["id"]}
    step = told.post(f"events/{alarm['event']['id']}/transitions", {"to": "declined", "note": "演练"})
    assert step.status_code == 201, step.text
    assert told.of("smoke-a")[0]["event"]["open"] is False


def test_who_may_acknowledge_shelve_and_who_may_not(told: Told) -> None:
    number = smoke(told, "smoke-b")["id"]
    until_ = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    shelving = {"until": until_, "reason": "检修"}
    assert told.post(f"alarms/{number}/shelve", shelving, "steward").status_code == 403
    assert told.post(f"alarms/{number}/acknowledge", {"note": "已派人"}, "steward").json()["state"] == "acknowledged"
    assert told.post(f"alarms/{number}/acknowledge", {}).status_code == 409
    shelved = told.post(f"alarms/{number}/shelve", shelving).json()
    assert (shelved["state"], shelved["reason"]) == ("shelved", "检修")
    until(lambda: told.of("smoke-b")[0]["state"] == "unacknowledged", 10)
    steps = told.ask(f"alarms/{number}")["steps"]
    assert [one["event"] for one in steps] == ["raise", "acknowledge", "shelve", "expire"]
    assert told.post("alarms/nothing/acknowledge", {}).status_code == 404


def test_a_rule_holds_from_the_moment_it_is_kept(told: Told) -> None:
    air = told.cockpit.add_device("air-rule", lon=120.1905, lat=28.9285)
    rule = {"code": "test.air", "name": "试验", "metric": "pm2_5", "op": ">", "value": 30, "priority": "low"}
    assert told.post("alarm-rules", rule, "steward").status_code == 403
    kept = told.post("alarm-rules", rule)
    assert (kept.status_code, kept.json()["version"]) == (201, 1)
    assert told.cockpit.publish(air, "telemetry", {"pm2_5": 31}) == 0
    until(lambda: told.of("air-rule") != [], 5)
    unsaid = told.post("alarm-rules", rule | {"enabled": False})
    assert (unsaid.status_code, set(unsaid.json()["faults"])) == (422, {"reason"})
    off = told.post("alarm-rules", rule | {"enabled": False, "reason": "仪器待校准"}).json()
    assert (off["version"], off["reason"]) == (2, "仪器待校准")
    until(lambda: told.of("air-rule")[0]["state"] == "normal", 65)
    last = told.ask(f"alarms/{told.of('air-rule')[0]['id']}")["steps"][-1]
    assert (last["event"], last["note"]) == ("withdraw", "仪器待校准")
    # Put on again, it judges what stands: the station has nothing to say for a minute.
    assert told.post("alarm-rules", rule).json()["version"] == 3
    until(lambda: told.of("air-rule")[0]["state"] == "unacknowledged", 15)
    wrong = told.post("alarm-rules", rule | {"metric": "nothing", "deadband": -1})
    assert (wrong.status_code, set(wrong.json()["faults"])) == (422, {"metric", "deadband"})


def test_a_rule_that_names_what_is_not_there_is_refused(told: Told) -> None:
    rule = {"code": "test.names", "name": "命名", "metric": "pm2_5", "op": ">", "value": 1}
    named = {
        "area": "nowhere",
        "site": "nowhere",
        "devices": ["no-such"],
        "suppresses": ["no.rule"],
        "event": "no.such",
    }
    answer = told.post("alarm-rules", rule | named)
    assert answer.status_code == 422
    assert answer.json()["faults"].keys() == named.keys()
    assert told.post("alarm-rules", rule | {"suppresses": ["fire.smoke"] * 51}).status_code == 422
    for wrong in ({"name": "\u200b"}, {"name_en": "\u00ad"}, {"guidance": "\u2060"}):
        assert set(told.post("alarm-rules", rule | wrong).json()["faults"]) == set(wrong)
    del rule["value"]
    assert set(told.post("alarm-rules", rule).json()["faults"]) == {"value"}


def test_a_rule_kept_as_it_was_is_no_new_version_and_strangers_are_not_told_why(told: Told) -> None:
    rule = {"code": "test.same", "name": "同样", "metric": "pm2_5", "op": ">", "value": 9e5}
    first = told.post("alarm-rules", rule | {"reason": "试行"}).json()
    assert [told.post("alarm-rules", rule).json()[name] for name in ("version", "reason")] == [1, "试行"]
    assert told.post("alarm-rules", rule | {"reason": "\u200b"}).json()["version"] == first["version"]
    assert told.ask("alarm-rules/test.same")["reason"] == "试行"
    stranger = httpx.get(f"{told.cockpit.url}/api/v1/heling/alarm-rules/test.same").json()
    assert [one["reason"] for one in (stranger, *stranger["versions"])] == ["", ""]


def test_figures_of_a_period_that_is_none_are_refused(told: Told) -> None:
    for since, before in (("2026-11-01T00:00:00Z",) * 2, ("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z")):
        answer = httpx.get(f"{told.cockpit.url}/api/v1/heling/alarms/figures", params={"from": since, "to": before})
        assert (answer.status_code, "does not lie before" in answer.text) == (400, True)
    ahead = datetime.now(UTC) + timedelta(days=2)
    answer = httpx.get(f"{told.cockpit.url}/api/v1/heling/alarms/figures", params={"from": ahead.isoformat()})
    assert answer.status_code == 400


def test_an_event_that_a_person_opens_for_an_alarm_is_one(told: Told) -> None:
    air = told.cockpit.add_device("air-click", lon=120.1905, lat=28.9285)
    rule = {"code": "test.click", "name": "试验", "metric": "so2", "op": ">", "value": 30}
    assert told.post("alarm-rules", rule).status_code == 201
    told.cockpit.publish(air, "telemetry", {"so2": 31})
    until(lambda: told.of("air-click") != [], 5)
    number = told.of("air-click")[0]["id"]
    known = {"category": "environment.air", "title": "SO2", "id": "known"}
    assert told.post("events", known).status_code == 201
    assert told.post("events", known | {"origin": {"alarm": number}}).status_code == 409
    body = {"category": "environment.air", "title": "SO2", "origin": {"alarm": number}}
    first = told.post("events", body | {"id": "a"})
    second = told.post("events", body | {"id": "b"}, "steward")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == told.of("air-click")[0]["event"]["id"]
    unknown = told.post("events", body | {"id": "c", "origin": {"alarm": "a20260101-NOTHING000"}})
    assert (unknown.status_code, unknown.json()["origin"]) == (422, {"alarm": "a20260101-NOTHING000"})
    assert "a20260101-NOTHING000" in unknown.json()["detail"]


def test_screens_are_told_at_once(told: Told) -> None:
    before = time.monotonic()
    number = smoke(told, "smoke-live")["id"]
    frames = httpx.get(f"{told.cockpit.url}/api/v1/heling/state").json()["layers"]["alarms"]
    assert frames[number]["sounds"]
    assert frames["*"]["sounding"]["critical"] >= 1
    assert time.monotonic() - before < 10
