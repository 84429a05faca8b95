"""Governance (共治): mediations, neighbours' management, hard matters of the month, the council, partners."""

from layers.access import of_package
from layers.declare import Layer
from layers.governance import rules
from layers.governance.api import router
from layers.governance.concerns import CONCERNS
from layers.governance.counted import SOURCE
from layers.governance.figures import records
from layers.governance.panel import panel
from layers.governance.sections import sections

LAYER = Layer(
    code="governance",
    name="共治",
    name_en="Governance",
    order=50,
    column="",
    records=records,
    panel=panel,
    router=router,
    access=of_package(__name__),
    words=rules.words(),
    sections=sections,
    concerns=CONCERNS,
    sources={"governance": SOURCE},
)
