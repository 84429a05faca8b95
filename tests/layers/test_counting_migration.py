"""What gates had counted before counters had a model: the figures stay, and totals count on."""

from datetime import UTC, datetime

from sqlalchemy import text

from store import migrate
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, MINUTE, from_datetime
from tests.database import ensure_months
from tests.layers.counting import send, site
from tests.store.test_migrate import upgrade_to

NOON = from_datetime(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 12:00 in Shanghai
DEVICE = "INSERT INTO device (id, community, kind, name, crs, site, interval_s, secret_hash, created) "
DEVICE += "VALUES (:id, 'heling', 'gate', :id, 'WGS84', :site, 60, 'x', 1)"
FLOWS = (("gate-1", NOON - DAY, 7, 7), ("gate-1", NOON - 90 * MINUTE, 40, 0), ("gate-1", NOON - 5 * MINUTE, 20, 10))


def test_what_was_counted_before_stays_counted_and_totals_count_on(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0008")
    ensure_months(engine, [NOON])
    with writing(engine) as connection:
        for device, at_site in (("gate-1", "fangyan"), ("nowhere", None)):
            connection.execute(text(DEVICE), {"id": device, "site": at_site})
        for device, ts, entered, gone in (*FLOWS, ("nowhere", NOON, 3, 3)):
            values = {"device": device, "ts": ts, "hour": ts - ts % HOUR, "entered": entered, "gone": gone}
            connection.execute(text("INSERT INTO gate_flow VALUES (:device, :ts, :entered, :gone)"), values)
            connection.execute(text("INSERT INTO gate_flow_hour VALUES (:device, :hour, :entered, :gone)"), values)
        connection.execute(
            text("INSERT INTO series (id, device_id, metric, kind) VALUES (1, 'gate-1', 'enter_total', 'number')")
        )
        reading = "INSERT INTO reading (series_id, ts, value, quality) VALUES (1, :ts, 500, 0)"
        connection.execute(text(reading), {"ts": NOON - 5 * MINUTE})
    migrate.upgrade(engine)

    then = site(engine, NOON)
    assert (then["inside"], then["entered_today"], then["left_today"]) == (50, 60, 10)
    assert site(engine, NOON - DAY + MINUTE)["entered_today"] == 7
    send(engine, "gate-1", [(NOON, {"enter_total": 506.0})])
    after = site(engine, NOON)
    assert (after["inside"], after["entered_today"]) == (56, 66)
    send(engine, "gate-1", [(NOON - 20 * MINUTE, {"enter": 99999.0})])
    late = site(engine, NOON)
    assert (late["inside"], late["entered_today"]) == (56, 66), "a late count of then is judged as any other"
    assert "suspect" in {doubt["code"] for doubt in late["doubt"]}
