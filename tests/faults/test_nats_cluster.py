"""A node of a NATS cluster dies in the middle of streams on every node."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from store.engine import open_engine
from tests.faults.stream import LONG_S, METRIC, SECONDS, Stream
from tests.nats import NODES, Cluster
from tests.running import Cockpit, Credentials, until

RATE_EACH = 35
"""Three replicas on two cores are slow: about a hundred a second together."""
VICTIMS = range(NODES) if SECONDS > LONG_S else [0]
"""Each in turn in the long run; in the short one the node that ingest is connected to."""


@pytest.fixture
def cluster(own_cockpit: Cockpit, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(own_cockpit)
    yield made
    own_cockpit.stop()
    made.stop()


def numbers(cockpit: Cockpit, device: str) -> list[int]:
    """The numbers of a device that are stored, in order, each as often as it is."""
    query = (
        "SELECT r.value FROM reading r JOIN series s ON s.id = r.series_id"
        " WHERE s.device_id = :d AND s.metric = :m ORDER BY 1"
    )
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    with engine.connect() as connection:
        found = [int(value) for value in connection.scalars(text(query), {"d": device, "m": METRIC})]
    engine.dispose()
    return found


@pytest.mark.parametrize("victim", VICTIMS)
def test_one_node_of_three_is_killed_and_nothing_is_lost(cluster: Cluster, own_cockpit: Cockpit, victim: int) -> None:
    devices: list[Credentials] = [own_cockpit.add_device(f"air-{n}") for n in range(NODES)]
    own_cockpit.settings["COCKPIT_MQTT_URL"] = cluster.start()
    own_cockpit.start()
    streams = [
        Stream(who, cluster.ports[n], rate=RATE_EACH, others=cluster.ports[n + 1 :] + cluster.ports[:n])
        for n, who in enumerate(devices)
    ]
    streams[victim].part(0.4)
    cluster.kill(victim)
    sent = [stream.finish(90) for stream in streams]
    for who, count in zip(devices, sent, strict=True):
        until(lambda who=who, count=count: len(numbers(own_cockpit, who.device)) >= count, 60, 0.3)
        assert numbers(own_cockpit, who.device) == list(range(count))
