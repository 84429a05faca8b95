"""Where something is, in words that lead there: area or site, building, storey and room, as far as they are known.

`spot` finds the deepest node of the tree of places (`geo.hierarchy`) that may be told, once, when something happens;
`words` says it. A dwelling is never told further than its building: on which floor and behind which door people live
is nobody's to read on a wall.
"""

import math
import tomllib
from functools import cache
from importlib.resources import files

from geo import ground, hierarchy
from store.language import Word

BETWEEN = " · "
NOWHERE = Word("", "")
"""Of what lies at no known place, where a text is told in any case."""


def spot(
    community: str,
    lon: float | None,
    lat: float | None,
    *,
    room: str | None = None,
    site: str | None = None,
    area: str | None = None,
) -> str | None:
    """The id of the deepest node that something is known to be at; None where nothing is known.

    Parameters
    ----------
    lon, lat
        Degrees, CGCS2000.
    room, site, area
        Codes, where they were declared; a room counts before the point, which cannot tell the storey.
    """
    nodes = hierarchy.tree(community)
    found = f"rooms/{room}"
    if room is not None and found in nodes.index:
        return _told(nodes, found)
    for layer, code in (("buildings", None), ("sites", site), ("areas", area)):
        known = code or _located(community, lon, lat, layer)
        found = f"{layer}/{known}"
        # A building without a name of its own leads nobody anywhere.
        if known is not None and found in nodes.index and (layer != "buildings" or _is_named(nodes, found)):
            return found
    return None


def words(community: str, found: str | None, *, site: str | None = None, area: str | None = None) -> Word | None:
    """The way to a spot, from the area or site down; a declared site that does not lie on it comes before it.

    A node that is no more since the ground was surveyed anew leaves site and area.
    """
    nodes = hierarchy.tree(community)
    if found is None or found not in nodes.index:
        found = f"sites/{site}" if f"sites/{site}" in nodes.index else f"areas/{area}"
    way = _way(nodes, found)
    own = {node.level for node in way}
    if f"sites/{site}" not in {node.id for node in way} and f"sites/{site}" in nodes.index:
        way.insert(0, _node(nodes, f"sites/{site}"))
    if own <= {"site"} and f"areas/{area}" in nodes.index:
        way.insert(0, _node(nodes, f"areas/{area}"))
    named = [node for node in way if node.level == "storey" or node.name != node.code]
    # A site and the one building on it often have one name.
    told = [node for place, node in enumerate(named) if place == 0 or node.name != named[place - 1].name]
    if not told:
        return None
    return Word(BETWEEN.join(one.name for one in told), BETWEEN.join(_english(one) for one in told))


@cache
def _dwellings() -> frozenset[str]:
    """Kinds of buildings and rooms in which people live."""
    return frozenset(tomllib.loads((files("geo") / "dwellings.toml").read_text(encoding="utf-8"))["kinds"])


def _told(nodes: hierarchy.Tree, room: str) -> str | None:
    """A room of a building where nobody lives; of one where people do, the building; of an unknown one nothing."""
    way = _way(nodes, room)
    building = next((node for node in way if node.level == "building"), None)
    if building is None:
        return None
    lives = any(node.kind in _dwellings() for node in way if node.level in ("building", "room"))
    return building.id if lives else room


def _way(nodes: hierarchy.Tree, found: str | None) -> list[hierarchy.Node]:
    """The nodes from the top of the community, which is not among them, down to one."""
    way: list[hierarchy.Node] = []
    while found is not None and found in nodes.index and found != hierarchy.ROOT:
        way.insert(0, _node(nodes, found))
        found = way[0].parent
    return way


def _node(nodes: hierarchy.Tree, found: str) -> hierarchy.Node:
    return nodes.nodes[nodes.index[found]]


def _english(node: hierarchy.Node) -> str:
    """The English name; a survey that brought none has the code in its place, which says less than the Chinese one."""
    return node.name if node.name_en in ("", node.code) and node.level != "storey" else node.name_en


def _is_named(nodes: hierarchy.Tree, found: str) -> bool:
    node = _node(nodes, found)
    return node.name != node.code


def _located(community: str, lon: float | None, lat: float | None, layer: str) -> str | None:
    if lon is None or lat is None or math.isnan(lon) or math.isnan(lat):
        return None
    return ground.locate_one(community, lon, lat, layer)
