"""Services (服务): registers that those keep who do the work, and the ledgers behind them."""

from layers.access import of_package
from layers.declare import Layer
from layers.services.api import router
from layers.services.canteen import rules as canteen
from layers.services.counted import SOURCE
from layers.services.due import is_due, remind
from layers.services.live import moves, records
from layers.services.panel import panel
from layers.services.sections import sections

LAYER = Layer(
    code="services",
    name="服务",
    name_en="Services",
    order=60,
    column="",
    records=records,
    panel=panel,
    moves=moves,
    router=router,
    is_due=is_due,
    remind=remind,
    notices=canteen.notices(),
    access=of_package(__name__),
    sections=sections,
    sources={"register": SOURCE},
)
