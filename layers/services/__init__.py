"""Services (服务): registers that those keep who do the work, and the ledgers behind them."""

from layers.access import of_package
from layers.declare import Layer
from layers.services.api import router
from layers.services.bookings.live import moves, records

LAYER = Layer(
    code="services",
    name="服务",
    name_en="Services",
    order=60,
    column="",
    records=records,
    moves=moves,
    router=router,
    access=of_package(__name__),
)
