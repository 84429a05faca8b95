"""The device registry."""

from typing import Any

import pytest
from sqlalchemy import Engine

from geo.crs import gcj02
from geo.ground import places
from sensors.devices import registry
from sensors.devices.kept_registry import Registry
from sensors.devices.registry import Device
from sensors.errors import RegistryError
from store import audit
from store.instant import SECOND
from tests.database import add


def test_a_device_gets_the_area_that_it_stands_in(engine: Engine) -> None:
    lon, lat = places("heling", "areas")[1].label
    assert add(engine, "air-01", raw_lon=lon, raw_lat=lat).area == "yanshang"


def test_a_position_in_gcj02_is_turned_once_and_kept_as_declared(engine: Engine) -> None:
    lon, lat = places("heling", "areas")[0].label
    there = gcj02(lon, lat)
    found = add(engine, "air-01", raw_lon=there[0], raw_lat=there[1], crs="GCJ02")
    assert (found.raw_lon, found.raw_lat, found.crs) == (*there, "GCJ02")
    assert (found.lon, found.lat) == pytest.approx((lon, lat), abs=1e-8)
    assert found.area == "chenglu"


def test_a_secret_opens_only_its_own_device_until_it_is_revoked(engine: Engine) -> None:
    secret = registry.add(engine, Device(id="air-01", community="heling", kind="air", name="站"))
    add(engine, "air-02")
    known = Registry(engine)
    known.refresh()
    assert known.authenticate("air-01", secret) is not None
    assert known.authenticate("air-02", secret) is None
    assert known.authenticate("air-03", secret) is None
    registry.revoke(engine, "air-01")
    known.refresh()
    assert known.authenticate("air-01", secret) is None


def test_an_id_is_never_used_twice_not_even_after_revocation(engine: Engine) -> None:
    add(engine, "air-01")
    with pytest.raises(RegistryError, match="'air-01' is registered already"):
        add(engine, "air-01")
    registry.revoke(engine, "air-01")
    with pytest.raises(RegistryError, match="'air-01' is revoked already"):
        add(engine, "air-01")
    with pytest.raises(RegistryError, match="air-01 was revoked at"):
        registry.revoke(engine, "air-01")


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"id": "Air 01"}, "id 'Air 01' does not match"),
        ({"community": "hangzhou"}, "no community 'hangzhou'"),
        ({"kind": "toaster"}, "kind 'toaster' is not one of air, gate"),
        ({"interval_s": 0}, "interval 0 s"),
        ({"interval_s": float("nan")}, "interval nan s"),
        ({"name": ""}, "name must have 1 to 120"),
        ({"name": "a\nb"}, "name must have 1 to 120 printable"),
        ({"site": "moon"}, "site 'moon' is not one of fangyan, centre, square"),
        ({"raw_lon": 28.9, "raw_lat": 120.2}, "lat 120.2"),
    ],
)
def test_a_wrong_property_is_named(engine: Engine, properties: dict[str, Any], why: str) -> None:
    right: dict[str, Any] = {"id": "air-01", "community": "heling", "kind": "air", "name": "站"}
    with pytest.raises(RegistryError, match=why):
        registry.add(engine, Device(**right | properties))


def test_three_intervals_of_silence_make_a_device_stale() -> None:
    device = Device(id="a", community="heling", kind="air", name="a", interval_s=20)
    assert device.stale_at(1_000) == 1_000 + 60 * SECOND


def test_who_changed_the_registry_stands_in_the_audit_trail(engine: Engine) -> None:
    add(engine, "air-01")
    registry.rotate(engine, "air-01")
    registry.revoke(engine, "air-01")
    with pytest.raises(RegistryError):
        registry.rotate(engine, "air-01")
    with engine.connect() as connection:
        told = [(row["action"], row["object"]) for row in audit.rows(connection, 10)]
    assert told == [("device.revoke", "air-01"), ("device.rotate", "air-01"), ("device.add", "air-01")]
