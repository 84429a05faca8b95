"""Alarms (告警): rules over what devices say, and the life of what they raise, after ANSI/ISA-18.2."""

from layers.access import of_package
from layers.alarms import life
from layers.alarms.api import router
from layers.alarms.concerns import CONCERNS
from layers.alarms.feed import AlarmsFeed
from layers.alarms.moves import marks, moves
from layers.alarms.overlay import overlay
from layers.alarms.panel import panel
from layers.alarms.queries import FIRST, is_there, records, spot_of
from layers.alarms.sections import sections
from layers.alarms.telling import is_anything_due, remind, table
from layers.declare import Layer

LAYER = Layer(
    code="alarms",
    name="告警",
    name_en="Alarms",
    order=25,
    column="right",
    records=records,
    first=FIRST,
    overlay=overlay,
    panel=panel,
    router=router,
    access=of_package(__name__),
    feed=AlarmsFeed,
    moves=moves,
    marks=marks,
    hears=("visitors",),
    is_due=is_anything_due,
    remind=remind,
    words={code: one.name for table in (life.life().states, life.life().events) for code, one in table.items()},
    things={"alarm": is_there},
    spots={"alarm": spot_of},
    notices=table().kinds,
    sections=sections,
    concerns=CONCERNS,
)
