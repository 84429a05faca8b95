"""What the child that reads surveys is asked, and what it answers: plain data."""

from typing import Any

import msgspec


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A survey to read.

    ``file`` is its name in the folder; ``parents`` are the codes and the names that a feature may name as what it
    stands in, each with the code that it means. ``near`` is west, south, east, north in degrees, CGCS2000.
    """

    file: str
    title: str
    layer: str
    community: str
    near: tuple[float, float, float, float]
    crs: str | None
    source_layer: str | None
    accept_shift: bool
    parents: dict[str, str]
    most_features: int
    most_members: int
    most_unpacked: int
    most_ratio: int


class FaultRow(msgspec.Struct, frozen=True, array_like=True):
    """A `geo.errors.Fault`."""

    feature: int
    code: str
    kind: str
    given: dict[str, str]


class FeatureRow(msgspec.Struct, frozen=True, array_like=True):
    """A `geo.versions.Feature`; the geometry is WKB in CGCS2000."""

    code: str
    name: str
    name_en: str
    kind: str
    parent: str | None
    cim_level: int | None
    floors: int | None
    storey: int | None
    height: float | None
    properties: dict[str, Any]
    geometry: bytes


class Found(msgspec.Struct, kw_only=True):
    """What is in a file: its faults, or else its features.

    ``layers`` are name and count of those that it has; ``encoding`` is that of its texts, ``names`` some of them;
    ``left_out`` counts what is no feature, by kind; ``shift`` names a system whose way to CGCS2000 is not known well.
    """

    faults: list[FaultRow] = []
    features: list[FeatureRow] = []
    layers: list[tuple[str, int]] = []
    crs: str = ""
    encoding: str = ""
    names: list[str] = []
    left_out: dict[str, int] = {}
    shift: str = ""
    source_layer: str = ""
