"""Which panels a community's wall and first page show: those that it names (`geo.communities.Panel`).

Where it names none, those that every community has: layers with a column of their own.
"""

from typing import Any, Literal

from geo.communities import Community, communities
from layers.declare import Layer, layers

Column = Literal["left", "right"]


class UnknownPanel(ValueError):
    """A community names a panel that no layer has, or one twice."""


def on_wall(community: Community, column: Column) -> list[Any]:
    """The panels of a column of the wall, from the top down; none of a layer that only some may see."""
    shown = [layer for layer, where in _shown(community) if where == column and not layer.roles]
    return [layer.panel(community) for layer in shown if layer.panel is not None]


def on_first_page(community: Community) -> list[Any]:
    """The panels of the manager's first page, in their order."""
    return [layer.panel(community) for layer, _ in _shown(community) if layer.panel is not None]


def codes(community: Community) -> frozenset[str]:
    """The layers whose panels stand on the community's wall."""
    return frozenset(layer.code for layer, column in _shown(community) if column in ("left", "right"))


def check() -> None:
    """Look at what every community names.

    Raises
    ------
    UnknownPanel
        With the community's file, the panel, and those that there are.
    """
    known = _known()
    for community in communities().values():
        named = [one.code for one in community.panels]
        for place, code in enumerate(named):
            what = f"{f'{community.code}/community.toml'!r}: panels"
            if code not in known:
                raise UnknownPanel(f"{what}: no panel {code!r}; there are: {', '.join(known)}")
            if code in named[:place]:
                raise UnknownPanel(f"{what}: {code!r} stands there twice")


def _known() -> dict[str, Layer]:
    return {layer.code: layer for layer in layers() if layer.panel is not None}


def _shown(community: Community) -> list[tuple[Layer, str]]:
    known = _known()
    if not community.panels:
        return [(layer, layer.column) for layer in known.values() if layer.column]
    return [(known[one.code], one.column) for one in community.panels]
