"""Dash with the scripts that a page needs, and no others."""

import re
from typing import Any

from dash import Dash

WITHOUT_TABLES = re.compile(r"/wall/[^/]+|/map|/compare|/board|/report|/governance|/figures|/people|/events/[^/]+")
TABLE_SCRIPTS = re.compile(r"<script[^>]*/(?:dash_ag_grid|dash_table)/[^>]*></script>\s*")
"""Tables are a quarter of all scripts."""


class Shell(Dash):  # type: ignore[misc]  # Dash has no types
    """Our Dash application."""

    def interpolate_index(self, scripts: str = "", **parts: Any) -> str:
        """The page's frame; pages that show no table come without the tables' scripts."""
        if WITHOUT_TABLES.fullmatch(self.backend.request_adapter().path):
            scripts = TABLE_SCRIPTS.sub("", scripts)
        return str(super().interpolate_index(scripts=scripts, **parts))
