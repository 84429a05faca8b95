"""Devices: every sensor with its state, and the environment that they measure together."""

from layers.declare import Layer
from layers.devices.api import router
from layers.devices.feed import DevicesFeed
from layers.devices.overlay import overlay
from layers.devices.panel import panel
from layers.devices.queries import records

LAYER = Layer(
    code="devices",
    name="环境与设备",
    name_en="Environment and devices",
    order=20,
    column="left",
    records=records,
    overlay=overlay,
    panel=panel,
    router=router,
    feed=DevicesFeed,
)
