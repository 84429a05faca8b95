"""Receivers to compare with, each a process of its own: ``python -m bench.receive bare|plain PORT COUNT URL``.

``bare`` is a paho client that counts. ``plain`` stores as one would at first: each message decoded
with json, each value inserted, a commit for each message.
"""

import json
import sys
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Column, Double, MetaData, String, Table, insert

from sensors.topics import DEVICE_FILTER
from store.engine import open_engine

metadata = MetaData()
observation = Table(
    "observation",
    metadata,
    Column("topic", String),
    Column("metric", String),
    Column("ts", Double),
    Column("v", Double),
)


def main(how: str, port: int, count: int, url: str) -> None:
    """Subscribe, say so, and end when ``count`` messages were received."""
    done = threading.Event()
    left = count
    engine = open_engine(url)
    metadata.create_all(engine)

    def plain(payload: bytes, topic: str) -> None:
        sample = json.loads(payload)
        with engine.begin() as connection:
            for metric, value in sample["values"].items():
                connection.execute(insert(observation).values(topic=topic, metric=metric, ts=sample["ts"], v=value))

    def on_message(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        nonlocal left
        if how == "plain":
            plain(message.payload, message.topic)
        left -= 1
        if left == 0:
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, f"bench-{how}", protocol=mqtt.MQTTv5)
    client.on_message = on_message
    client.on_subscribe = lambda *_: print("subscribed", flush=True)
    client.on_connect = lambda *_: client.subscribe(DEVICE_FILTER, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    done.wait()
    client.loop_stop()


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
