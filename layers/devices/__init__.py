"""Devices: every sensor with its state, and the environment that they measure together."""

from layers.access import of_package
from layers.declare import Figure, Layer
from layers.devices.api import router
from layers.devices.counted import SOURCES
from layers.devices.features import COLLECTIONS
from layers.devices.feed import DevicesFeed
from layers.devices.kept import KeptEnvironment
from layers.devices.moves import moves
from layers.devices.overlay import overlay
from layers.devices.panel import panel
from layers.devices.queries import located, records
from layers.devices.sections import sections

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
    access=of_package(__name__),
    feed=DevicesFeed,
    moves=moves,
    derived=KeptEnvironment,
    located=located,
    sources=SOURCES,
    figures=(
        Figure(code="devices", name="设备", name_en="devices", unit="台", unit_en=""),
        Figure(code="online", name="在线", name_en="online", unit="台", unit_en=""),
        Figure(code="stale", name="迟滞", name_en="stale", unit="台", unit_en=""),
        Figure(code="offline", name="离线", name_en="offline", unit="台", unit_en=""),
        Figure(code="power", name="功率", name_en="power", unit="kW", unit_en="kW"),
    ),
    sections=sections,
    collections=COLLECTIONS,
)
