"""Areas: the resettlement areas (安置片区) and what is measured in each."""

from layers.access import of_package
from layers.areas.api import router
from layers.areas.counted import SOURCE
from layers.areas.features import COLLECTIONS
from layers.areas.kept import KeptAreas
from layers.areas.overlay import overlay
from layers.areas.panel import panel
from layers.areas.queries import records
from layers.declare import Layer

LAYER = Layer(
    code="areas",
    name="片区",
    name_en="Areas",
    order=10,
    column="left",
    records=records,
    overlay=overlay,
    panel=panel,
    router=router,
    access=of_package(__name__),
    derived=KeptAreas,
    sources={"ground": SOURCE},
    collections=COLLECTIONS,
)
