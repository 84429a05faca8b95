"""Changes of a device by several at once: none undoes another's."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from sensors.devices import changes, credentials, declared, registry
from sensors.devices.registry import Device
from sensors.errors import GatewayRing, RegistryError
from tests.database import add


def one(engine: Engine) -> Device:
    with engine.connect() as connection:
        return registry.read_all(connection, ids=["air-01"])[0]


def beside(engine: Engine, monkeypatch: pytest.MonkeyPatch, also: Callable[[], Any]) -> Any:
    """Do something while a change of the name has read the device and not yet written it; returns what it returned."""
    begun, go_on, checked, found = Event(), Event(), declared.checked, list[Any]()

    def slow(wanted: Device) -> Device:
        begun.set()
        go_on.wait(0.3)
        return checked(wanted)

    monkeypatch.setattr(declared, "checked", slow)
    renamed = Thread(target=lambda: changes.change(engine, "heling", "air-01", {"name": "b"}))
    other = Thread(target=lambda: (found.append(also()), go_on.set()))
    renamed.start()
    begun.wait(5)
    other.start()
    for thread in (renamed, other):
        thread.join(10)
    return found[0]


def test_a_revocation_beside_a_change_stays(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add(engine, "air-01")
    beside(engine, monkeypatch, lambda: registry.revoke(engine, "air-01"))
    assert one(engine).revoked is not None
    assert one(engine).name == "b"


def test_a_new_secret_beside_a_change_counts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add(engine, "air-01")
    secret = beside(engine, monkeypatch, lambda: registry.rotate(engine, "air-01"))
    assert credentials.verify(secret, one(engine).secret_hash)


def test_of_two_who_saw_the_same_secret_only_the_first_replaces_it(engine: Engine) -> None:
    add(engine, "air-01")
    seen = one(engine).secret_since
    secret = changes.replace_hardware(engine, "heling", "air-01", "", seen=seen)
    for again in (
        lambda: changes.replace_hardware(engine, "heling", "air-01", "", seen=seen),
        lambda: registry.rotate(engine, "air-01", seen=seen),
    ):
        with pytest.raises(RegistryError, match="another secret meanwhile"):
            again()
    assert credentials.verify(secret, one(engine).secret_hash)


def test_of_two_at_once_who_saw_the_same_secret_one_replaces_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, "air-01")
    seen, check, refused = one(engine).secret_since, registry.check_seen, list[str]()

    def slow(known: Device, seen: Any) -> None:
        check(known, seen)
        Event().wait(0.2)

    def renew() -> None:
        try:
            changes.replace_hardware(engine, "heling", "air-01", "", seen=seen)
        except RegistryError as error:
            refused.append(str(error))

    monkeypatch.setattr(registry, "check_seen", slow)
    both = [Thread(target=renew) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(10)
    assert refused == ["air-01 was given another secret meanwhile"]


def test_no_gateway_stands_behind_itself(engine: Engine) -> None:
    add(engine, "gw-01", "gateway")
    add(engine, "gw-02", "gateway", gateway="gw-01")
    for behind in ("gw-01", "gw-02"):
        with pytest.raises(GatewayRing):
            changes.change(engine, "heling", "gw-01", {"gateway": behind})
