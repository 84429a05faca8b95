"""Services (服务): registers that those keep who do the work, and the ledgers behind them."""

from layers.access import of_package
from layers.declare import Layer
from layers.services.api import router
from layers.services.bookings.live import moves, records
from layers.services.canteen import rules as canteen
from layers.services.counted import SOURCE
from layers.services.due import is_due, remind

LAYER = Layer(
    code="services",
    name="服务",
    name_en="Services",
    order=60,
    column="",
    records=records,
    moves=moves,
    router=router,
    is_due=is_due,
    remind=remind,
    notices=canteen.notices(),
    access=of_package(__name__),
    sources={"register": SOURCE},
)
