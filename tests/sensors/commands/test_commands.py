"""Commands: what a device takes, what becomes of one, and what answers it."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, event

from sensors.commands import commands
from sensors.commands.commands import State
from sensors.devices import registry
from sensors.errors import CommandError
from sensors.refusal import Reason, Refused
from store.engine import writing
from store.instant import SECOND, now
from tests.database import add


def issue(engine: Engine, device: str, name: str, params: dict[str, Any], seconds: int = 60) -> str:
    """Give a device a command."""
    with writing(engine) as connection:
        (found,) = registry.read_all(connection, ids=[device])
        return commands.issue(connection, found, name, params, "token:值班", seconds)


def state(engine: Engine, device: str, command: str, later: int = 0) -> State:
    """What became of it."""
    with engine.connect() as connection:
        row = commands.one(connection, device, command)
        assert row is not None
        return commands.state_of(row, now() + later)


def answer(engine: Engine, device: str, body: dict[str, Any]) -> None:
    """Let the device answer."""
    response = commands.read_response(json.dumps(body).encode(), now())
    with writing(engine) as connection:
        (found,) = registry.read_all(connection, ids=[device])
        commands.check_asked(connection, found, response)
        commands.keep(connection, [response])


def test_a_command_goes_from_queued_to_sent_to_done(engine: Engine) -> None:
    add(engine, "siren-01", "siren")
    given = issue(engine, "siren-01", "sound", {"seconds": 30})
    assert state(engine, "siren-01", given) is State.QUEUED
    with writing(engine) as connection:
        (row,) = commands.waiting(connection, [], now())
        topic, payload = commands.message(row)
        commands.mark_sent(connection, [row.id], now())
    assert topic == "cim/v1/heling/siren-01/command"
    body = json.loads(payload)
    assert (body["id"], body["command"], body["params"]) == (given, "sound", {"seconds": 30})
    assert body["expires"] - body["issued"] == 60_000
    assert state(engine, "siren-01", given) is State.SENT
    answer(engine, "siren-01", {"id": given, "ok": True, "result": {"db": 96}})
    assert state(engine, "siren-01", given) is State.DONE
    with engine.connect() as connection:
        assert commands.waiting(connection, [], now()) == []
        assert commands.newest(connection, "siren-01", 10)[0].result == '{"db":96}'


def test_nobody_is_told_what_is_expired_and_the_first_answer_counts(engine: Engine) -> None:
    add(engine, "sign-01", "sign")
    given = issue(engine, "sign-01", "show", {"text": "台风黄色预警"}, seconds=10)
    assert state(engine, "sign-01", given, later=11 * SECOND) is State.EXPIRED
    with engine.connect() as connection:
        assert commands.waiting(connection, [], now() + 11 * SECOND) == []
    answer(engine, "sign-01", {"id": given, "ok": False, "result": "屏幕故障"})
    answer(engine, "sign-01", {"id": given, "ok": True})
    assert state(engine, "sign-01", given, later=11 * SECOND) is State.FAILED


@pytest.mark.parametrize(
    ("kind", "name", "params", "seconds", "why"),
    [
        ("air", "sound", {}, 60, "a air takes no commands; not 'sound'"),
        ("siren", "dance", {}, 60, "a siren takes sound, silence; not 'dance'"),
        ("siren", "sound", {}, 60, "seconds: is missing"),
        ("siren", "sound", {"seconds": 9999}, 60, "seconds: a number from 1 to 600 expected"),
        ("siren", "sound", {"seconds": True}, 60, "seconds: a number expected"),
        ("siren", "silence", {"loud": 1}, 60, "loud: no such parameter"),
        ("sign", "show", {"text": ""}, 60, "text: a text of 1 to 200"),
        ("sign", "show", {"text": "a\nb"}, 60, "text: a text of 1 to 200"),
        ("light", "switch", {"on": 1}, 60, "on: true or false expected"),
        ("siren", "silence", {}, 0, "seconds: 1 to 86400"),
    ],
)
def test_what_a_device_cannot_be_told_is_said(
    engine: Engine, kind: str, name: str, params: dict[str, Any], seconds: int, why: str
) -> None:
    add(engine, "one", kind)
    with pytest.raises(CommandError, match=why):
        issue(engine, "one", name, params, seconds)


def test_a_revoked_device_is_told_nothing(engine: Engine) -> None:
    add(engine, "siren-01", "siren")
    registry.revoke(engine, "siren-01")
    with pytest.raises(CommandError, match="is revoked"):
        issue(engine, "siren-01", "silence", {})


def test_a_device_answers_its_own_commands_only(engine: Engine) -> None:
    for device in ("siren-01", "siren-02"):
        add(engine, device, "siren")
    given = issue(engine, "siren-01", "silence", {})
    for device, command in (("siren-02", given), ("siren-01", "guess")):
        with pytest.raises(Refused) as refused:
            answer(engine, device, {"id": command, "ok": True})
        assert refused.value.reason is Reason.UNKNOWN_COMMAND


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b'{"id": 1, "ok": true}',
        b'{"id": "a"}',
        b'{"id": "a", "ok": 1}',
        b'{"id": "0011223344556677", "ok": true, "result": "\\u0000"}',
    ],
)
def test_an_answer_of_another_shape_is_refused(payload: bytes) -> None:
    with pytest.raises(Refused) as refused:
        commands.read_response(payload, now())
    assert refused.value.reason is Reason.WRONG_SHAPE


def test_the_newest_commands_of_many_devices_are_asked_for_in_one_question(engine: Engine) -> None:
    add(engine, "siren-01", kind="siren")
    add(engine, "siren-02", kind="siren")
    for _ in range(4):
        issue(engine, "siren-01", "silence", {})
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with engine.connect() as connection:
        found = commands.newest_of(connection, ["siren-01", "siren-02"], 3)
        one_by_one = commands.newest(connection, "siren-01", 3)
    assert [row.id for row in found["siren-01"]] == [row.id for row in one_by_one]
    assert found["siren-02"] == []
    assert len([statement for statement in asked if "command" in statement]) == 2
