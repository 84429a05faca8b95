"""Who may publish and subscribe what, as every broker is told."""

from sqlalchemy import Engine

from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.kept_registry import Registry
from sensors.intake.access import Access, rights
from tests.database import add

AIR = "cim/v1/heling/air-01"


def known(engine: Engine) -> Access:
    """A gateway, a device behind it, one of its own, and a revoked one."""
    for device, gateway in (("gw-01", None), ("air-01", "gw-01"), ("air-02", None), ("air-03", None)):
        add(engine, device, gateway=gateway)
    registry.revoke(engine, "air-03")
    found = Registry(engine)
    found.refresh()
    return Access(found, codecs())


def test_a_device_publishes_as_itself_and_a_gateway_for_those_behind_it(engine: Engine) -> None:
    access = known(engine)
    assert f"{AIR}/telemetry" in access.of("air-01").writes
    assert f"{AIR}/telemetry" in access.of("gw-01").writes
    assert "cim/v1/heling/air-02/telemetry" not in access.of("gw-01").writes
    assert "cim/v1/heling/gw-01/telemetry" not in access.of("air-01").writes
    assert "cim/v1/tahai/air-01/telemetry" not in access.of("air-01").writes


def test_a_device_hears_its_commands_and_nobody_elses(engine: Engine) -> None:
    access = known(engine)
    assert f"{AIR}/command" in access.of("air-01").reads
    assert f"{AIR}/command" in access.of("gw-01").reads
    assert f"{AIR}/command" not in access.of("air-02").reads
    assert f"{AIR}/command" not in access.of("air-01").writes


def test_an_edge_node_has_the_topics_of_its_own_and_of_its_devices_in_sparkplug_too(engine: Engine) -> None:
    access = known(engine)
    assert {"spBv1.0/heling/NDEATH/gw-01", "spBv1.0/heling/DDATA/gw-01/air-01"} <= access.of("gw-01").writes
    assert "spBv1.0/heling/NCMD/gw-01" in access.of("gw-01").reads
    assert "spBv1.0/heling/DDATA/gw-01/air-01" not in access.of("air-01").writes


def test_the_revoked_and_the_unknown_have_no_rights_and_a_change_is_seen(engine: Engine) -> None:
    access = known(engine)
    assert not access.of("air-03").writes
    assert not access.of("nobody").reads
    registry.revoke(engine, "air-02")
    access._registry.refresh()
    assert not access.of("air-02").writes


def test_no_right_has_a_wildcard(engine: Engine) -> None:
    known(engine)
    with engine.connect() as connection:
        for allowed in rights(registry.read_all(connection), codecs()).values():
            assert not [topic for topic in allowed.writes | allowed.reads if {"+", "#"} & set(topic)]
