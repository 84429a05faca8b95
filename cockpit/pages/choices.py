"""What a page lets one choose and a callback reads: the browser's own controls, beside what holds the choice.

Dash's lists of radio buttons and its dropdowns name roles that they do not have, so a screen reader cannot work them.
"""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html


def select(name: str, label: str, every: str, options: Mapping[str, str], chosen: str | None) -> list[Any]:
    """A list of which one is chosen, or ``every`` (None); a callback reads ``data`` of ``name``."""
    listed = [html.Option(every, value="")] + [
        html.Option(text, value=code, **({"selected": "selected"} if code == chosen else {}))
        for code, text in options.items()
    ]
    return [dcc.Store(name, data=chosen), html.Label([label, html.Select(listed, **{"data-chooses": name})])]


def buttons(name: str, label: str, options: Mapping[str, str], chosen: str | None) -> list[Any]:
    """Buttons of which one is pressed; a callback reads ``data`` of ``name``."""
    row = [
        html.Button(
            text,
            type="button",
            className="tap",
            **{"data-chooses": name, "data-value": code, "aria-pressed": str(code == chosen).lower()},
        )
        for code, text in options.items()
    ]
    return [dcc.Store(name, data=chosen), html.Div(row, className="choice", role="group", **{"aria-label": label})]
