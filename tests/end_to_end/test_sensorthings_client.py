"""A SensorThings client of another make reads the same values as our API has."""

import frost_sta_client as frost
import pytest

from tests.running import Cockpit, until

HERE = "/ogc/heling/sensorthings/v1.1"


@pytest.fixture(scope="module")
def service(cockpit: Cockpit) -> frost.SensorThingsService:
    """The client, at a community with a device that has spoken a few times."""
    air = cockpit.add_device("air-1", lon=120.1905, lat=28.9285, name="橙麓测点")
    cockpit.add_device("quiet-1", "light")
    samples = [{"ts": 1_790_000_000_000 + n * 60_000, "values": {"pm2_5": 30 + n, "smoke": n > 1}} for n in range(5)]
    cockpit.publish(air, "telemetry", samples)
    until(lambda: cockpit.get("/api/v1/heling/devices/air-1")["properties"]["latest"])
    return frost.SensorThingsService(cockpit.url + HERE)


def test_the_client_reads_every_value_that_our_api_has(cockpit: Cockpit, service: frost.SensorThingsService) -> None:
    things = {one.id: one for one in service.things().query().list()}
    assert set(things) == {one["id"] for one in cockpit.get("/api/v1/heling/devices")["features"]}
    assert things["air-1"].name == "橙麓测点"
    span = {"from": "2026-09-01T00:00:00Z", "to": "2026-11-30T00:00:00Z"}
    for stream in things["air-1"].get_datastreams().query().expand("ObservedProperty").list():
        metric = stream.observed_property.id
        known = [(one["ts"], one["value"]) for one in cockpit.readings("air-1", metric, **span)]
        read = stream.get_observations().query().top(2).orderby("phenomenonTime", "desc").list()
        told = [(one.phenomenon_time, one.result) for one in read]
        assert [value for _, value in told] == [value for _, value in known], metric
        assert len(told) == 5
    location = things["air-1"].get_locations().query().list().entities[0]
    assert location.location["coordinates"] == [120.1905, 28.9285]


def test_the_client_filters(service: frost.SensorThingsService) -> None:
    found = service.things().query().filter("Datastreams/ObservedProperty/id eq 'smoke'").list()
    assert [one.id for one in found] == ["air-1"]
    assert service.datastreams().query().count().list().count == 2
