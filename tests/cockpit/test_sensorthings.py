"""SensorThings over either database: entities, the ways between them, filters, pages, and what questions they cost."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import Engine, event, insert, text

from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.observations import store
from sensors.tables import series
from store import budgets
from store.engine import open_engine, writing
from store.instant import MINUTE, format_rfc3339, now
from tests.database import ensure_months, new_database, new_postgres_database
from tests.permissions import application
from tests.running import run_async

HERE = "/ogc/heling/sensorthings/v1.1"
START = now() - 60 * MINUTE
START -= START % MINUTE

Ask = Callable[..., Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of either make with five devices, two series of each and five readings of each series."""
    if request.param == "sqlite":
        engine = new_database(tmp_path_factory.mktemp("sensorthings"))
    else:
        template = request.getfixturevalue("postgres_template")
        engine = open_engine(new_postgres_database(request.getfixturevalue("postgres"), template))
    index = SeriesIndex()
    kinds = {"air-1": "air", "air-2": "air", "gate-1": "gate", "odd-1": "other", "gone-1": "air"}
    for number, (device, kind) in enumerate(kinds.items()):
        place = {} if device == "odd-1" else {"raw_lon": 120.19 + number / 1000, "raw_lat": 28.9}
        registry.add(engine, Device(id=device, community="heling", kind=kind, name=f"名 {device}", **place))
    registry.add(engine, Device(id="far-1", community="tahai", kind="air", name="远"))
    said = [
        Observation(device, metric, START + n * MINUTE, value(n), 1 if n == 4 else 0)
        for device in (*kinds, "far-1")
        for metric, value in (("pm2_5", float), ("firmware", "v{}".format))
        for n in range(5)
    ]
    ensure_months(engine, [one.ts for one in said])
    with writing(engine) as connection:
        store(connection, index, Observations.of(index, said))
    registry.revoke(engine, "gone-1")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def ask(stored: Engine) -> Ask:
    """What the routes answer."""
    return asking(stored)


def asking(engine: Engine) -> Ask:
    """What the routes answer of a database."""
    app = application(engine)

    async def get(path: str, query: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            return await client.get(path if path.startswith("http") else HERE + path, params=query or None)

    def asked(path: str, status: int = 200, **query: str) -> Any:
        answer = run_async(get(path, {f"${name}": value for name, value in query.items()}))
        assert answer.status_code == status, answer.text
        return answer.json()

    return asked


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    budgets.configure({})


@contextmanager
def questions(engine: Engine) -> Iterator[list[str]]:
    """The statements that the database is asked meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def ids(told: Any) -> list[Any]:
    return [one["@iot.id"] for one in told["value"]]


def every(ask: Ask, path: str, **query: str) -> list[Any]:
    """The ids of a set, page by page."""
    told = ask(path, **query)
    found = ids(told)
    while "@iot.nextLink" in told:
        told = ask(told["@iot.nextLink"])
        found += ids(told)
    return found


def test_every_set_is_there_and_each_link_of_each_entity_leads_somewhere(ask: Ask) -> None:
    sets = {one["name"]: one["url"] for one in ask("")["value"]}
    assert len(sets) == 8
    for name, url in sets.items():
        told = ask(url)["value"]
        assert told, name
        for one in told[:2]:
            assert ask(one["@iot.selfLink"]) == one
            for link in (value for key, value in one.items() if key.endswith("@iot.navigationLink")):
                ask(link, status=404 if "odd-1" in str(one["@iot.id"]) and link.endswith("FeatureOfInterest") else 200)
    assert ids(ask("/Things")) == ["air-1", "air-2", "gate-1", "odd-1"]
    assert ids(ask("/Locations")) == ["air-1", "air-2", "gate-1"]
    assert "firmware" in ids(ask("/ObservedProperties"))


def test_readings_are_told_as_they_are(ask: Ask) -> None:
    [stream] = ask("/Things('air-1')/Datastreams", filter="ObservedProperty/id eq 'pm2_5'")["value"]
    assert stream["unitOfMeasurement"]["name"] == "ug/m3"
    assert stream["observationType"].endswith("OM_Measurement")
    told = ask(stream["Observations@iot.navigationLink"], count="true")
    assert [one["result"] for one in told["value"]] == [4, 3, 2, 1, 0]
    assert (told["@iot.count"], told["value"][0]["resultQuality"]) == (5, "suspect")
    assert told["value"][-1]["phenomenonTime"] == format_rfc3339(START)
    oldest = ask(stream["Observations@iot.navigationLink"], orderby="phenomenonTime asc", top="2", skip="1")
    assert [one["result"] for one in oldest["value"]] == [1, 2]
    first, last = (format_rfc3339(START + n * MINUTE) for n in (1, 4))
    within = f"phenomenonTime gt {first} and resultTime lt {last}"
    some = ask(stream["Observations@iot.navigationLink"], filter=within)
    assert [one["result"] for one in some["value"]] == [3, 2]
    firmware = {"filter": "ObservedProperty/id eq 'firmware'", "expand": "Observations($top=1)"}
    texts = ask("/Things('air-1')/Datastreams", **firmware)
    assert texts["value"][0]["Observations"][0]["result"] == "v4"


def test_pages_follow_each_other_in_every_order(ask: Ask) -> None:
    for name in ("Things", "Datastreams", "ObservedProperties", "Sensors"):
        whole = ids(ask(f"/{name}"))
        assert every(ask, f"/{name}", top="3") == whole
        backwards = every(ask, f"/{name}", top="3", orderby="name desc")
        assert sorted(map(str, backwards)) == sorted(map(str, whole))
        assert every(ask, f"/{name}", top="3", orderby="id desc") == whole[::-1]
    whole = ids(ask("/Observations"))
    assert len(whole) == len(set(whole)) == 40
    assert every(ask, "/Observations", top="7") == whole
    assert sorted(every(ask, "/Observations", top="7", orderby="phenomenonTime asc")) == sorted(whole)


@pytest.mark.parametrize(
    ("path", "condition", "found"),
    [
        ("/Things", "properties/kind eq 'gate'", ["gate-1"]),
        ("/Things", "not (properties/kind eq 'air' or id eq 'odd-1')", ["gate-1"]),
        ("/Things", "startswith(id,'air') and endswith(name,'2')", ["air-2"]),
        ("/Things", "substringof('AIR',id)", []),
        ("/Things", "Datastreams/ObservedProperty/name eq 'firmware' and id gt 'b'", ["gate-1", "odd-1"]),
        ("/Things", "name eq 'it''s'", []),
        ("/Sensors", "id eq 'air'", ["air"]),
    ],
)
def test_filters_choose(ask: Ask, path: str, condition: str, found: list[str]) -> None:
    told = ask(path, filter=condition, count="true")
    assert (ids(told), told["@iot.count"]) == (found, len(found))


def test_what_stands_below_is_told_at_once_with_a_question_for_each_level(ask: Ask, stored: Engine) -> None:
    below = "$orderby=name desc;$expand=ObservedProperty($select=name),Observations($top=2;$count=true)"
    expand = f"Locations,Datastreams({below})"
    with questions(stored) as asked:
        one = ask("/Things", expand=expand, top="1")
    with questions(stored) as asked_of_all:
        told = ask("/Things", expand=expand)
    assert len(asked) == len(asked_of_all) < 20
    [thing] = one["value"]
    assert thing == told["value"][0]
    assert thing["Locations"][0]["location"]["coordinates"] == [120.19, 28.9]
    stream = thing["Datastreams"][0]
    assert stream["ObservedProperty"] == {"name": "PM2.5"}
    assert [read["result"] for read in stream["Observations"]] == [4, 3]
    assert stream["Observations@iot.count"] == 5
    assert [read["result"] for read in ask(stream["Observations@iot.nextLink"])["value"]] == [2, 1]
    of_place = ask("/FeaturesOfInterest", expand="Observations($skip=3;$top=4)", top="1")["value"][0]
    alone = ask("/FeaturesOfInterest('air-1')/Observations", skip="3", top="4")
    assert ids({"value": of_place["Observations"]}) == ids(alone)


def written(told: Any) -> int:
    """How many entities an answer holds, each as often as it stands there."""
    if isinstance(told, list):
        return sum(map(written, told))
    return isinstance(told, dict) and ("@iot.selfLink" in told) + sum(map(written, told.values()))


@pytest.mark.parametrize(
    ("path", "expand", "below"),
    [
        ("/Observations", "Datastream/Thing/Datastreams/Observations", None),
        ("/Datastreams", "Sensor/Datastreams/Sensor/Datastreams", None),
        ("/Datastreams", "Observations($skip=1)", "Observations"),
        ("/Things", "Locations,HistoricalLocations,Datastreams/Observations", "Datastreams"),
    ],
)
def test_an_answer_is_bounded_in_what_is_written_and_leads_on_to_the_rest(
    ask: Ask, path: str, expand: str, below: str | None
) -> None:
    whole, unbounded = ids(ask(path)), ask(path, expand=expand)["value"]
    budgets.configure({"open_entities": 20, "open_readings": 160})
    told, found = ask(path, expand=expand), []
    while True:
        assert written(told["value"]) <= 20
        found += told["value"]
        if "@iot.nextLink" not in told:
            break
        told = ask(told["@iot.nextLink"])
    assert ids({"value": found}) == whole
    if below is None:
        return
    for cut, uncut in zip(found, unbounded, strict=True):
        rest = cut.get(f"{below}@iot.nextLink")
        assert ids({"value": cut[below]}) + (every(ask, rest) if rest else []) == ids({"value": uncut[below]})


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What the routes answer of three devices with ten series each, of a fortnight of readings each ten minutes."""
    engine = new_database(tmp_path_factory.mktemp("full"))
    for number in range(3):
        registry.add(engine, Device(id=f"air-{number}", community="heling", kind="air", name=f"名 {number}"))
    with writing(engine) as connection:
        rows = [{"device_id": f"air-{n % 3}", "metric": f"m{n}", "kind": "number"} for n in range(30)]
        connection.execute(insert(series), rows)
        times = "WITH RECURSIVE t(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM t WHERE i < 2000)"
        values = f"SELECT id, {START} - i * {10 * MINUTE}, i, 0 FROM t, series"
        connection.execute(text(f"{times} INSERT INTO reading (series_id, ts, value, quality) {values}"))
    yield asking(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("path", "expand"),
    [
        ("/Observations", "Datastream/Thing/Datastreams/Observations($top=1000)"),
        ("/Sensors('air')/Datastreams", "Sensor/Datastreams/Sensor/Datastreams"),
        ("/Datastreams", "Observations($skip=10000)"),
        ("/Datastreams", "Observations($top=1000)"),
        ("/Datastreams", "Observations($top=1;$count=true)"),
        ("/Observations", "Datastream/Observations/Datastream/Observations"),
    ],
)
def test_no_question_makes_an_answer_without_measure_or_takes_long(full: Ask, path: str, expand: str) -> None:
    # What it costs is measured here, however busy the machine is.
    budgets.configure({"open_seconds": 600})
    full("/Things")
    began = time.process_time()
    told = full(path, top="1000", expand=expand)
    assert time.process_time() - began < 1
    assert told["value"]
    assert len(msgspec.json.encode(told)) < budgets.current().list_bytes + 10_000


def test_what_cannot_be_cut_is_refused_by_what_is_too_much(ask: Ask) -> None:
    one = ids(ask("/Datastreams"))[0]
    budgets.configure({"open_entities": 4})
    told = ask(f"/Datastreams({one})", status=400, expand="Thing,Sensor,ObservedProperty,Observations")
    assert told["code"] == "too_much_at_once"
    assert "more than 4 entities" in told["detail"]
    assert "$top" in told["detail"]
    budgets.configure({"open_readings": 100})
    told = ask("/Datastreams", status=400, expand="Observations($skip=200)")
    assert "more than 100 readings" in told["detail"]
    budgets.configure({"list_bytes": 2_000})
    told = ask("/Things('air-1')", status=400, expand="Datastreams")
    assert "more than 2000 bytes" in told["detail"]
    assert every(ask, "/Observations", top="40") == every(ask, "/Observations", top="5")
    budgets.configure({"open_seconds": 1e-6})
    assert "longer than 1e-06 s" in ask("/Things", status=400, expand="Datastreams")["detail"]


@pytest.mark.parametrize(
    "said", ['["\\ud800","a"]', '["x\\udc00","a"]', '["\\u0000","a"]', '[NaN,"a"]', "[[],{}]", "7"]
)
def test_a_token_that_no_database_takes_is_refused(ask: Ask, said: str) -> None:
    token = base64.urlsafe_b64encode(said.encode()).decode()
    for order in ("name", "id"):
        assert "$skiptoken" in ask("/Things", status=400, orderby=order, skiptoken=token)["detail"]


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        ("/Things", {"filter": "name eq 1"}, "text in quotes"),
        ("/Datastreams", {"filter": "id eq 'x'"}, "number"),
        ("/Things", {"filter": "secret eq 'x'"}, "'secret' is not one of"),
        ("/Things", {"filter": "name eq"}, "ends too early"),
        ("/Things", {"filter": "(" * 40 + "name eq 'x'"}, "conditions"),
        ("/Things", {"filter": "geo.distance(location,1) lt 3"}, "'geo.distance'"),
        ("/Observations", {"filter": "result gt 3"}, "phenomenonTime"),
        ("/Observations", {"count": "true"}, "one Datastream"),
        ("/Things", {"orderby": "description"}, "$orderby"),
        ("/Things", {"select": "secret"}, "$select"),
        ("/Things", {"expand": "Secrets"}, "$expand"),
        ("/Things", {"expand": "Datastreams/Thing/Datastreams/Thing/Datastreams/Thing"}, "deep"),
        ("/Things", {"top": "-1"}, "$top"),
        ("/Things", {"skip": "99999"}, "$skip"),
        ("/Things", {"skiptoken": "nonsense"}, "$skiptoken"),
        ("/Observations", {"skiptoken": "nonsense"}, "$skiptoken"),
        ("/Things", {"search": "x"}, "'$search' is no parameter here"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_what_is_wrong_with_it(
    ask: Ask, path: str, query: dict[str, str], says: str
) -> None:
    assert says in ask(path, status=400, **query)["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/Secrets",
        "/Things('far-1')",
        "/Things('gone-1')",
        "/Things(1)",
        "/Datastreams(99999999999999)",
        "/Datastreams('1')",
        "/Observations('x')",
        "/Things('air-1')/Secrets",
        "/Things/name",
        "/Things('air-1')/name/x",
        "/Things('far-1')/Datastreams",
    ],
)
def test_what_is_not_there_is_said_not_to_be(ask: Ask, path: str) -> None:
    ask(path, status=404)


def test_a_property_has_an_address(ask: Ask) -> None:
    assert ask("/Things('air-1')/name") == {"name": "名 air-1"}
    assert ask("/Things('air-1')/Datastreams/$ref")["value"][0].keys() == {"@iot.selfLink"}
