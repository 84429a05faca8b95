"""The areas and buildings as collections of features."""

from collections.abc import Mapping
from typing import Any

from layers import ground_features
from layers.areas import queries
from layers.features import described, source_of

ROWS = described(__package__)


def _means(record: Mapping[str, Any]) -> dict[str, Any]:
    present = {code: mean for code, mean in record.get("metrics", {}).items() if mean["n"]}
    sources = (source for mean in present.values() for source in mean["sources"])
    told = {"devices": record.get("devices", 0), "source": source_of(sources)}
    return told | {code: mean["value"] for code, mean in present.items()}


COLLECTIONS = (
    ground_features.collection("areas", ROWS["areas"], queries.records, _means),
    ground_features.collection("buildings", ROWS["buildings"]),
)
