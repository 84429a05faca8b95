"""What can be counted of the ground: places of a layer, by their kind and by area. The ground is as it is now."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from geo import ground
from layers.areas import listed
from layers.sources import Counted, Formula, Rows, Source, Span, address
from store.instant import Instant


class GroundFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Places of which layer count, and of which kinds; of all where none is named."""

    layer: listed.Layer
    kinds: tuple[str, ...] = ()


def fault(_community: str, _formula: GroundFormula) -> str | None:
    """Each layer can be counted; one that was not drawn has nothing in it."""
    return None


def count(
    _connection: Connection, community: str, formula: GroundFormula, spans: Sequence[Span | None], _at: Instant | None
) -> list[Counted]:
    """How many places there are; nothing where the layer was never drawn."""
    if not ground.rows(community, formula.layer):
        return [Counted(value=None) for _ in spans]
    found = listed.found(community, formula.layer, formula.kinds)
    areas = {str(area): float(n) for area, n in Counter(one.area for one in found).items() if area is not None}
    return [Counted(value=float(len(found)), areas=areas) for _ in spans]


def rows(community: str, formula: GroundFormula, _span: Span | None, _at: Instant | None) -> Rows:
    """The layer's places of these kinds."""
    api = [("layer", formula.layer), *(("kind", kind) for kind in formula.kinds)]
    page = [("community", community), ("layer", formula.layer), ("kind", ",".join(formula.kinds) or None)]
    return Rows(api=address(f"/api/v1/{community}/places", api), page=address("/ground", page))


SOURCE = Source(
    name="底图",
    name_en="Ground",
    formula=GroundFormula,
    fault=fault,
    count=count,
    rows=rows,
    has_areas=lambda _community, _formula: True,
)
