"""The addresses of the product's pages, from the table that lets people in: what is not there is nobody's page."""

import re
import tomllib
from collections.abc import Mapping

from tests.prepared import ROOT

ACCESS = ROOT / "cockpit" / "access.toml"
BEFORE_SIGN_IN = ("/sign-in", "/welcome")
"""Pages that are plain HTML, whose rows are those of routes."""
PLACE = re.compile(r"\{(\w+)\}")


def page_paths(places: Mapping[str, str]) -> list[str]:
    """The path of each page, its parameters filled; those before sign-in too."""
    table = tomllib.loads(ACCESS.read_text(encoding="utf-8"))
    templates = [row.removeprefix("PAGE ") for row in table if row.startswith("PAGE /")]
    before = [path for path in BEFORE_SIGN_IN if f"GET {path}" in table]
    unknown = {name for path in templates for name in PLACE.findall(path)} - places.keys()
    assert not unknown, f"a page asks for {unknown}: give the tests that walk all pages one of it"
    return [*before, *(PLACE.sub(lambda match: places[match[1]], path) for path in templates)]
