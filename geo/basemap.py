"""An offline base map: one PMTiles file (version 3) with vector or raster tiles, read from where it lies."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from geo.errors import BadBaseMap

MEDIA_TYPES = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
}
ENCODINGS = {Compression.NONE: None, Compression.GZIP: "gzip", Compression.BROTLI: "br"}
E7 = 1e-7
KEPT_TILES = 1024


@dataclass(frozen=True)
class Tile:
    """A tile as the file has it; ``encoding`` is what HTTP calls its compression."""

    content: bytes
    media_type: str
    encoding: str | None


class BaseMap:
    """A PMTiles file. ``version`` is a word that changes with the file.

    Raises
    ------
    BadBaseMap
        If it cannot be read, or holds tiles that no browser shows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._reader = Reader(MmapSource(file))
            self._header = self._reader.header()
            self.metadata: dict[str, Any] = self._reader.metadata()
            stat = path.stat()
        except (OSError, ValueError, KeyError, MagicNumberNotFound, SpecVersionUnsupported) as error:
            reason = getattr(error, "strerror", None) or "not a PMTiles file of version 3"
            raise BadBaseMap(f"{path}: {reason}") from None
        self.kind = self._header["tile_type"]
        if self.kind not in MEDIA_TYPES or self._header["tile_compression"] not in ENCODINGS:
            raise BadBaseMap(f"{path}: tiles of type {self.kind}, compressed by {self._header['tile_compression']}")
        self.version = hashlib.blake2b(f"{stat.st_size}:{stat.st_mtime_ns}".encode(), digest_size=6).hexdigest()
        self.tile = lru_cache(KEPT_TILES)(self._read)

    @property
    def is_vector(self) -> bool:
        """Whether its tiles are drawn by a style, not pictures."""
        return bool(self.kind == TileType.MVT)

    @property
    def layers(self) -> frozenset[str]:
        """The layers inside vector tiles."""
        return frozenset(layer["id"] for layer in self.metadata.get("vector_layers", ()))

    def source(self) -> dict[str, Any]:
        """What MapLibre must know of it, but the tiles' address."""
        header = self._header
        west, south, east, north = (
            header[name] * E7 for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        )
        kind = {"type": "vector"} if self.is_vector else {"type": "raster", "tileSize": 256}
        attribution = self.metadata.get("attribution")
        return {
            **kind,
            "minzoom": header["min_zoom"],
            "maxzoom": header["max_zoom"],
            "bounds": [west, south, east, north],
            **({"attribution": str(attribution)} if attribution else {}),
        }

    def _read(self, z: int, x: int, y: int) -> Tile | None:
        if not (0 <= z <= self._header["max_zoom"] and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        content = self._reader.get(z, x, y)
        if content is None:
            return None
        return Tile(bytes(content), MEDIA_TYPES[self.kind], ENCODINGS[self._header["tile_compression"]])
