"""The newest value of each device as a plain Dash page shows it: an interval, and a callback that reads them all.

``python -m bench.plain_dash DATABASE PORT SHAPE [gzip]``. Two shapes are usual: a list of components, as Dash's
documentation makes its page of live updates, or an output of its own for each text. Served by one uvicorn, with Dash's
backend for it; in its favour the connection to the database stays open, only what is shown is read, and nothing is
logged.
"""

import sqlite3
import sys
from typing import Any

import uvicorn
from dash import Dash, Input, Output, dcc, html

EVERY_MS = 1_000
LIST, OUTPUTS = "list", "outputs"
NEWEST = """
    SELECT series.device_id, latest.value FROM latest JOIN series ON series.id = latest.series_id
    WHERE series.metric = 'pm2_5' ORDER BY series.id
"""


def build(database: str, shape: str, *, is_compressed: bool) -> Dash:
    """The whole page; ``is_compressed``: Dash's own option, which compresses with gzip."""
    app = Dash(__name__, backend="fastapi", compress=is_compressed)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)
    tick = dcc.Interval(id="tick", interval=EVERY_MS)
    if shape == LIST:
        app.layout = html.Div([html.Div(id="values"), tick])

        @app.callback(Output("values", "children"), Input("tick", "n_intervals"))  # type: ignore[untyped-decorator]
        def components(_ticks: int) -> list[Any]:
            return [html.Div(f"{device}: {value:g} µg/m³") for device, value in connection.execute(NEWEST)]

    else:
        devices = [device for device, _ in connection.execute(NEWEST)]
        app.layout = html.Div([*(html.Div([device, html.Span(id=device)]) for device in devices), tick])
        outputs = [Output(device, "children") for device in devices]

        @app.callback(outputs, Input("tick", "n_intervals"))  # type: ignore[untyped-decorator]
        def texts(_ticks: int) -> list[str]:
            return [f"{value:g} µg/m³" for _, value in connection.execute(NEWEST)]

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(sys.argv[1], sys.argv[3], is_compressed="gzip" in sys.argv[4:]).server,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_level="warning",
    )
