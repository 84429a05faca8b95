"""The ground as a tree: community, area, building, storey, room; sites and facilities; grids and micro-grids.

Every thing that stands somewhere belongs to the deepest node that is known for it, and figures are summed
along the tree. Grids are a tree of their own beside it, since they cut across buildings and areas.
A node's ``id`` is ``layer/code``, a storey's ``buildings/code/number``: unique, and as stable as the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo import ground
from geo.communities import community as community_of
from store.language import Word

LEVELS = ("community", "area", "site", "building", "storey", "room", "facility", "grid", "micro_grid")
ROOT = "community"
CIM_LEVELS = {"area": 2, "site": 2, "building": 2, "storey": 5, "room": 5}
"""Of CJJ/T 315-2022, where the ground does not say its own: blocks are CIM2, parts by use CIM5."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A piece of ground in the tree; ``parent`` is an id, None at the top."""

    id: str
    level: str
    code: str
    name: str
    name_en: str
    parent: str | None
    kind: str | None = None
    cim_level: int | None = None


@dataclass(frozen=True)
class Tree:
    """The nodes, parents before their children, and where each stands in that order."""

    nodes: tuple[Node, ...]
    index: Mapping[str, int]

    def sums(self, places: Sequence[str], values: np.ndarray) -> np.ndarray:
        """Sum values up the tree.

        Parameters
        ----------
        places
            The id of the node of each value, length n.
        values
            Shape (n,), or (n, k) for k figures.

        Returns
        -------
        numpy.ndarray
            Shape (nodes,) or (nodes, k): each node with all that is below it.
        """
        totals = np.zeros((len(self.nodes), *np.shape(values)[1:]))
        np.add.at(totals, np.array([self.index[place] for place in places], dtype=int), np.asarray(values, float))
        for position in range(len(self.nodes) - 1, 0, -1):
            parent = self.nodes[position].parent
            if parent is not None:
                totals[self.index[parent]] += totals[position]
        return totals


@ground.of_ground
def tree(community: str) -> Tree:
    """The tree of a community's places."""
    nodes = [
        Node(
            id=ROOT,
            level="community",
            code=community,
            name=community_of(community).name,
            name_en=community_of(community).name_en,
            parent=None,
        )
    ]
    nodes += [_node("areas", "area", row, ROOT) for row in ground.rows(community, "areas")]
    nodes += [_node("sites", "site", row, ROOT) for row in ground.rows(community, "sites")]
    nodes += _buildings(community)
    nodes += _rooms(community, {node.id for node in nodes})
    known = {node.id for node in nodes}
    facilities = ground.rows(community, "facilities")
    where = places_of(community, *ground.labels(community, "facilities"))
    for row, found in zip(facilities, where, strict=True):
        room = f"rooms/{row.get('parent')}"
        nodes.append(_node("facilities", "facility", row, room if room in known else found))
    return Tree(tuple(nodes), {node.id: position for position, node in enumerate(nodes)})


@ground.of_ground
def grids(community: str) -> Tree:
    """The tree of a community's grids (网格) and micro-grids (微网格)."""
    nodes = [
        Node(
            id=ROOT,
            level="community",
            code=community,
            name=community_of(community).name,
            name_en=community_of(community).name_en,
            parent=None,
        )
    ]
    rows = ground.rows(community, "grids")
    codes = {row["code"] for row in rows}
    # A micro-grid's grid may stand after it in the file; grids of grids end at two levels.
    for row in (row for row in rows if row.get("parent") not in codes):
        nodes.append(_node("grids", "grid", row, ROOT))
    upper = {node.code for node in nodes[1:]}
    for row in (row for row in rows if row.get("parent") in codes):
        parent = f"grids/{row['parent']}" if row["parent"] in upper else ROOT
        nodes.append(_node("grids", "micro_grid", row, parent))
    return Tree(tuple(nodes), {node.id: position for position, node in enumerate(nodes)})


def places_of(
    community: str, lons: np.ndarray, lats: np.ndarray, rooms: Sequence[str | None] | None = None
) -> list[str]:
    """The deepest node that each point is known to lie in: its room where one is named, else its building,
    site or area, else the community.

    Parameters
    ----------
    lons, lats
        Degrees, CGCS2000, shape (n,); NaN is a place unknown.
    rooms
        Codes of rooms, length n.
    """
    found: list[str] = [ROOT] * len(lons)
    for layer in ("areas", "sites", "buildings"):
        for position, code in enumerate(ground.locate(community, lons, lats, layer)):
            if code is not None:
                found[position] = f"{layer}/{code}"
    for position, room in enumerate(rooms or ()):
        if room is not None and ground.place(community, "rooms", room) is not None:
            found[position] = f"rooms/{room}"
    return found


def grids_of(community: str, lons: np.ndarray, lats: np.ndarray) -> list[str]:
    """The smallest grid that each point lies in; the community outside all of them."""
    known = grids(community).index
    smallest: list[str] = [ROOT] * len(lons)
    for position, code in enumerate(ground.locate(community, lons, lats, "grids")):
        if code is not None and f"grids/{code}" in known:
            smallest[position] = f"grids/{code}"
    return smallest


def _buildings(community: str) -> list[Node]:
    rows = ground.rows(community, "buildings")
    lons, lats = ground.labels(community, "buildings")
    areas, sites = (ground.locate(community, lons, lats, layer) for layer in ("areas", "sites"))
    known = {place.code for place in ground.places(community, "areas")}
    nodes = []
    for row, area, site in zip(rows, areas, sites, strict=True):
        declared = row.get("parent") or row.get("area")
        inside = declared if declared in known else area
        parent = f"areas/{inside}" if inside else f"sites/{site}" if site else ROOT
        nodes.append(_node("buildings", "building", row, parent))
    return nodes


def _rooms(community: str, known: set[str]) -> list[Node]:
    """The rooms, each below its storey; a storey is there where it has rooms."""
    nodes: dict[str, Node] = {}
    for row in ground.rows(community, "rooms"):
        building = f"buildings/{row.get('parent')}"
        parent = building if building in known else ROOT
        storey = row.get("storey")
        if storey is not None and parent != ROOT:
            parent = f"{building}/{int(storey)}"
            nodes.setdefault(parent, _storey(parent, int(storey), building))
        node = _node("rooms", "room", row, parent)
        nodes[node.id] = node
    return list(nodes.values())


def _top(community: str) -> Node:
    found = community_of(community)
    return Node(id=ROOT, level="community", code=community, name=found.name, name_en=found.name_en, parent=None)


def _storey(id_: str, number: int, building: str) -> Node:
    word = Word(f"{number} 层", f"Storey {number}") if number > 0 else Word(f"地下 {-number} 层", f"Basement {-number}")
    return Node(
        id=id_,
        level="storey",
        code=id_.partition("/")[2],
        name=word.name,
        name_en=word.name_en,
        parent=building,
        cim_level=CIM_LEVELS["storey"],
    )


def _node(layer: str, level: str, row: dict[str, Any], parent: str) -> Node:
    code = str(row["code"])
    cim_level = row.get("cim_level") or CIM_LEVELS.get(level)
    return Node(
        id=f"{layer}/{code}",
        level=level,
        code=code,
        name=row.get("name") or code,
        name_en=row.get("name_en") or "",
        parent=parent,
        kind=row.get("kind"),
        cim_level=None if cim_level is None else int(cim_level),
    )
