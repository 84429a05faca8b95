"""What can be counted of the ground: places of a layer, by their kind and by area. The ground is as it is now."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection

from geo import ground
from layers.sources import Counted, Formula, Rows, Source, Span, address
from store.instant import Instant


class GroundFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Places of which layer count, and of which kinds; of all where none is named."""

    layer: Literal["buildings", "rooms", "facilities", "sites"]
    kinds: tuple[str, ...] = ()


def fault(_community: str, _formula: GroundFormula) -> str | None:
    """Each layer can be counted; one that was not drawn has nothing in it."""
    return None


def count(
    _connection: Connection, community: str, formula: GroundFormula, spans: Sequence[Span | None], _at: Instant | None
) -> list[Counted]:
    """How many places there are; nothing where the layer was never drawn."""
    found = ground.rows(community, formula.layer)
    if not found:
        return [Counted(value=None) for _ in spans]
    is_meant = [not formula.kinds or row.get("kind") in formula.kinds for row in found]
    areas = ground.locate(community, *ground.labels(community, formula.layer))
    parts = Counter(area for area, meant in zip(areas, is_meant, strict=True) if meant and area is not None)
    return [Counted(value=float(sum(is_meant)), areas={area: float(n) for area, n in parts.items()}) for _ in spans]


def rows(community: str, formula: GroundFormula, _span: Span | None, _at: Instant | None) -> Rows:
    """The layer's features, and the map."""
    return Rows(api=f"/geo/{community}/{formula.layer}.geojson", page=address("/map", [("community", community)]))


SOURCE = Source(
    name="底图",
    name_en="Ground",
    formula=GroundFormula,
    fault=fault,
    count=count,
    rows=rows,
    has_areas=lambda _community, _formula: True,
)
