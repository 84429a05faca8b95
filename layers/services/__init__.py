"""Services (服务): registers that those keep who do the work, and the ledgers behind them."""

from typing import Any

from sqlalchemy import Connection

from layers.access import of_package
from layers.declare import Layer
from layers.services.api import router
from store.instant import Instant


def records(
    connection: Connection, community: str, keys: set[str] | None = None, at: Instant | None = None
) -> dict[str, Any]:
    """Nothing of the registers goes over the live channel."""
    return {}


LAYER = Layer(
    code="services",
    name="服务",
    name_en="Services",
    order=60,
    column="",
    records=records,
    router=router,
    access=of_package(__name__),
)
