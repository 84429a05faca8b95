"""Indicators: the figures of the nine scenes (九场景) that a future community is judged by."""

from layers.access import of_package
from layers.declare import Layer
from layers.indicators.api import router
from layers.indicators.sections import sections

LAYER = Layer(
    code="indicators",
    name="九场景",
    name_en="Nine scenes",
    order=70,
    column="",
    records=lambda _connection, _community, _keys, _at: {},
    router=router,
    access=of_package(__name__),
    sections=sections,
)
