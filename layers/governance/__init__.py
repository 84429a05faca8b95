"""Governance (共治): mediations, neighbours' management, hard matters of the month, the council, partners."""

from layers.access import of_package
from layers.declare import Layer
from layers.governance import rules
from layers.governance.api import router
from layers.governance.counted import SOURCE
from layers.governance.figures import records

LAYER = Layer(
    code="governance",
    name="共治",
    name_en="Governance",
    order=50,
    column="",
    records=records,
    router=router,
    access=of_package(__name__),
    words=rules.words(),
    sources={"governance": SOURCE},
)
