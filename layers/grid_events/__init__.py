"""Grid events (网格事件): what was reported where, and how far its handling has come."""

from layers.access import of_package
from layers.declare import Figure, Layer
from layers.grid_events.api import router
from layers.grid_events.concerns import CONCERNS
from layers.grid_events.counted import SOURCE
from layers.grid_events.features import COLLECTIONS
from layers.grid_events.feed import GridEventsFeed
from layers.grid_events.moves import marks, moves
from layers.grid_events.notices import is_anything_due, remind, rules
from layers.grid_events.overlay import overlay
from layers.grid_events.panel import panel
from layers.grid_events.queries import FIRST, located, records
from layers.grid_events.rules import RELEASED, UNDONE, actions, categories, states, step
from layers.grid_events.sections import sections

LAYER = Layer(
    code="grid_events",
    name="网格事件",
    name_en="Grid events",
    order=30,
    column="right",
    records=records,
    first=FIRST,
    overlay=overlay,
    panel=panel,
    router=router,
    access=of_package(__name__),
    feed=GridEventsFeed,
    moves=moves,
    marks=marks,
    hears=("alarms",),
    located=located,
    is_due=is_anything_due,
    remind=remind,
    words={code: state.name for code, state in states().items()}
    | {code: one.name for code, one in actions().items()}
    | {code: step(code).name for code in (UNDONE, RELEASED)},
    notices=rules(),
    things={"category": lambda _connection, _community, code: code in categories()},
    sources={"events": SOURCE},
    figures=(
        Figure(code="events", name="未结事件", name_en="open events", unit="件", unit_en=""),
        Figure(code="critical", name="其中高级", name_en="of these critical", unit="件", unit_en=""),
    ),
    sections=sections,
    concerns=CONCERNS,
    collections=COLLECTIONS,
)
