"""Dash with the scripts that a page needs, and no others."""

import re
from typing import Any

from dash import Dash

from cockpit import bundle

WITHOUT_TABLES = re.compile(r"/wall/[^/]+|/map|/compare|/board|/report|/governance|/figures|/people|/events/[^/]+")
TABLE_SCRIPTS = re.compile(r"<script[^>]*/(?:dash_ag_grid|dash_table)/[^>]*></script>\s*")
"""Tables are a quarter of all scripts."""
WITH_PLOTLY = re.compile(r"/|/wall/[^/]+|/map|/ground|/devices/[^/]+")


class Shell(Dash):  # type: ignore[misc]  # Dash has no types
    """Our Dash application."""

    def interpolate_index(self, css: str = "", scripts: str = "", **parts: Any) -> str:
        """The page's frame: our own scripts and sheets before Dash's, and of those only what the page shows."""
        path = self.backend.request_adapter().path
        if WITHOUT_TABLES.fullmatch(path):
            scripts = TABLE_SCRIPTS.sub("", scripts)
        css += f'<link rel="stylesheet" href="{bundle.sheets().path}">'
        if WITH_PLOTLY.fullmatch(path):
            # Most of a map's way to the screen, and what Dash would ask for last.
            css += f'<script id="plotly" src="{bundle.plotly().path}" async></script>'
        scripts = f'<script src="{bundle.scripts().path}"></script>\n{scripts}'
        return str(super().interpolate_index(css=css, scripts=scripts, **parts))
