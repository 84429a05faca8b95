"""Visitors: who entered and left at the gates, and how many are inside each site."""

from layers.declare import Layer
from layers.visitors.api import router
from layers.visitors.feed import VisitorsFeed
from layers.visitors.overlay import overlay
from layers.visitors.panel import panel
from layers.visitors.queries import records

LAYER = Layer(
    code="visitors",
    name="游客",
    name_en="Visitors",
    order=40,
    column="right",
    records=records,
    overlay=overlay,
    panel=panel,
    router=router,
    feed=VisitorsFeed,
)
