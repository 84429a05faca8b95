"""Visitors: who entered and left at the gates, and how many are inside each site."""

from layers.access import of_package
from layers.declare import Figure, Layer
from layers.visitors.api import router
from layers.visitors.concerns import CONCERNS
from layers.visitors.counted import SOURCE
from layers.visitors.features import COLLECTIONS
from layers.visitors.feed import VisitorsFeed
from layers.visitors.festivals.days import told_days
from layers.visitors.moves import moves
from layers.visitors.overlay import overlay
from layers.visitors.panel import panel
from layers.visitors.queries import located, records
from layers.visitors.renamed import follow
from layers.visitors.sections import sections

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
    access=of_package(__name__),
    feed=VisitorsFeed,
    moves=moves,
    follows=follow,
    days=told_days,
    located=located,
    sources={"visits": SOURCE},
    figures=(Figure(code="inside", name="在场人数", name_en="people inside", unit="人", unit_en="people"),),
    sections=sections,
    concerns=CONCERNS,
    collections=COLLECTIONS,
)
