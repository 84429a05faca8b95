"""The entities of SensorThings (OGC 18-088, clause 8) over the tables of the devices: a row of this table for each set.

A Thing is a device; a Datastream is a series of readings, and an Observation a reading of it; an ObservedProperty is a
metric, a Sensor a kind of device; Location, HistoricalLocation and FeatureOfInterest are where a device stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import CompoundSelect, Select, literal, select, union_all

from sensors.devices.kinds import kinds
from sensors.metrics import Kind, metrics
from sensors.readings.history import is_filled
from sensors.tables import device, device_place, series
from store.instant import format_rfc3339
from store.language import named

GEOJSON = "application/geo+json"
UCUM = "http://www.opengis.net/def/uom/UCUM/0/"
TYPES = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
OBSERVATION_TYPES = {Kind.NUMBER: f"{TYPES}Measurement", Kind.BOOL: f"{TYPES}TruthObservation"}
NO_UNIT: dict[str, str | None] = {"name": None, "symbol": None, "definition": None}

Row = Mapping[str, Any]
Rows = Select[Any] | CompoundSelect[Any]


class Link(NamedTuple):
    """A way from an entity to others: those whose column ``other`` has what stands in the column ``own`` here."""

    to: str
    own: str
    other: str
    is_many: bool


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A set of entities.

    ``rows`` selects those of a community, each with its ``id``; None: they are read as series of readings are
    (`observed`). ``told`` is what of a row stands in an answer, ``asked`` by which properties may be filtered, and in
    which column each stands; ``ordered`` by which of them the set can be sorted.
    """

    name: str
    one: str
    told: Callable[[Row], dict[str, Any]]
    links: Mapping[str, Link]
    rows: Callable[[str], Rows] | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    ordered: tuple[str, ...] = ("id", "name")
    is_numbered: bool = False


def _devices(community: str) -> Select[Any]:
    own = (device.c.id, device.c.name, device.c.kind, device.c.site, device.c.room, device.c.interval_s)
    where = (device_place.c.lon, device_place.c.lat, device_place.c.area, device_place.c.position_ts)
    query = select(*own, device.c.source, device.c.created, *where)
    query = query.join(device_place, device_place.c.device_id == device.c.id)
    return query.where(device.c.community == community, device.c.revoked.is_(None))


def _placed(community: str) -> Select[Any]:
    return _devices(community).where(device_place.c.lon.is_not(None))


def _datastreams(community: str) -> Select[Any]:
    query = select(
        series.c.id,
        (device.c.name + " " + series.c.metric).label("name"),
        series.c.metric,
        series.c.kind.label("values"),
        device.c.id.label("device"),
        device.c.name.label("device_name"),
        device.c.kind.label("device_kind"),
        device.c.source,
        device_place.c.lon,
        device_place.c.lat,
    )
    query = query.join(device, device.c.id == series.c.device_id)
    query = query.join(device_place, device_place.c.device_id == device.c.id)
    return query.where(device.c.community == community, device.c.revoked.is_(None), is_filled())


def _sensors(_community: str) -> CompoundSelect[Any]:
    return union_all(*(_literal(code, named(row)) for code, row in kinds().items()))


def _observed_properties(community: str) -> CompoundSelect[Any]:
    """The metrics that are known, and the words of the community's devices that name none."""
    query = select(series.c.metric, series.c.metric).join(device, device.c.id == series.c.device_id)
    query = query.where(device.c.community == community, device.c.revoked.is_(None), is_filled())
    unknown = query.where(series.c.metric.not_in(list(metrics()))).distinct()
    return union_all(*(_literal(code, named(row)) for code, row in metrics().items()), unknown)


def _literal(code: str, name: str) -> Select[str, str]:
    return select(literal(code).label("id"), literal(name).label("name"))


def _thing(row: Row) -> dict[str, Any]:
    kept = ("kind", "site", "room", "area", "interval_s", "source")
    told = {"name": row["name"], "description": f"{named(kinds()[row['kind']])} {row['id']}"}
    return told | {"properties": {name: row[name] for name in kept}}


def _point(row: Row) -> dict[str, Any] | None:
    return None if row["lon"] is None else {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _location(row: Row) -> dict[str, Any]:
    return {"name": row["name"], "description": row["area"] or "", "encodingType": GEOJSON, "location": _point(row)}


def _feature_of_interest(row: Row) -> dict[str, Any]:
    return {"name": row["name"], "description": row["area"] or "", "encodingType": GEOJSON, "feature": _point(row)}


def _historical_location(row: Row) -> dict[str, Any]:
    """Since when a device stands where it does: since it said so, else since it was registered there."""
    return {"time": format_rfc3339(row["created"] if row["position_ts"] is None else row["position_ts"])}


def _datastream(row: Row) -> dict[str, Any]:
    known = metrics().get(row["metric"])
    unit = NO_UNIT
    if known is not None and known.unit:
        label = named(known, "label")
        unit = {"name": known.unit, "symbol": label, "definition": UCUM + quote(known.unit, safe="")}
    told = {
        "name": row["name"],
        "description": f"{row['device_name']} {named(known) if known else row['metric']}",
        "observationType": OBSERVATION_TYPES.get(Kind(row["values"]), f"{TYPES}Observation"),
        "unitOfMeasurement": unit,
        "properties": {"source": row["source"]},
    }
    return told | ({} if row["lon"] is None else {"observedArea": _point(row)})


def _sensor(row: Row) -> dict[str, Any]:
    return {"name": row["name"], "description": row["id"], "encodingType": "text/plain", "metadata": row["name"]}


def _observed_property(row: Row) -> dict[str, Any]:
    known = metrics().get(row["id"])
    definition = f"urn:cim-cockpit:metric:{quote(row['id'], safe='')}"
    return {"name": row["name"], "definition": definition, "description": row["id"] if known else ""}


def _observation(row: Row) -> dict[str, Any]:
    at = format_rfc3339(row["ts"])
    return {"phenomenonTime": at, "resultTime": at, "result": row["value"], "resultQuality": row["quality"]}


NAMED = {"id": "id", "@iot.id": "id", "name": "name"}

SETS: Mapping[str, Entity] = {
    one.name: one
    for one in (
        Entity(
            name="Things",
            one="Thing",
            rows=_devices,
            told=_thing,
            asked=NAMED | {f"properties/{name}": name for name in ("kind", "site", "room", "area", "source")},
            links={
                "Locations": Link("Locations", "id", "id", True),
                "HistoricalLocations": Link("HistoricalLocations", "id", "id", True),
                "Datastreams": Link("Datastreams", "id", "device", True),
            },
        ),
        Entity(
            name="Locations",
            one="Location",
            rows=_placed,
            told=_location,
            asked=NAMED,
            links={
                "Things": Link("Things", "id", "id", True),
                "HistoricalLocations": Link("HistoricalLocations", "id", "id", True),
            },
        ),
        Entity(
            name="HistoricalLocations",
            one="HistoricalLocation",
            rows=_placed,
            told=_historical_location,
            asked={"id": "id", "@iot.id": "id"},
            ordered=("id",),
            links={"Thing": Link("Things", "id", "id", False), "Locations": Link("Locations", "id", "id", True)},
        ),
        Entity(
            name="Datastreams",
            one="Datastream",
            rows=_datastreams,
            told=_datastream,
            asked=NAMED | {"properties/source": "source"},
            is_numbered=True,
            links={
                "Thing": Link("Things", "device", "id", False),
                "Sensor": Link("Sensors", "device_kind", "id", False),
                "ObservedProperty": Link("ObservedProperties", "metric", "id", False),
                "Observations": Link("Observations", "id", "datastream", True),
            },
        ),
        Entity(
            name="Sensors",
            one="Sensor",
            rows=_sensors,
            told=_sensor,
            asked=NAMED,
            links={"Datastreams": Link("Datastreams", "id", "device_kind", True)},
        ),
        Entity(
            name="ObservedProperties",
            one="ObservedProperty",
            rows=_observed_properties,
            told=_observed_property,
            asked=NAMED,
            links={"Datastreams": Link("Datastreams", "id", "metric", True)},
        ),
        Entity(
            name="Observations",
            one="Observation",
            told=_observation,
            ordered=("phenomenonTime", "resultTime", "id"),
            links={
                "Datastream": Link("Datastreams", "datastream", "id", False),
                "FeatureOfInterest": Link("FeaturesOfInterest", "device", "id", False),
            },
        ),
        Entity(
            name="FeaturesOfInterest",
            one="FeatureOfInterest",
            rows=_placed,
            told=_feature_of_interest,
            asked=NAMED,
            links={"Observations": Link("Observations", "id", "device", True)},
        ),
    )
}
"""Every set, by its name."""
