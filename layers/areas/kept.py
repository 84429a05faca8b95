"""The areas, kept by difference from what is known of the devices in them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from geo.ground import places
from sensors.readings import summary
from sensors.readings.kept_means import KeptMeans


class KeptAreas:
    """Each area with its devices and means, as `layers.areas.queries.records` reads them."""

    follows: ClassVar[str] = "devices"

    def __init__(self, community: str) -> None:
        self._areas = {place.code: place for place in places(community, "areas")}
        self._means = KeptMeans(whole=False, drawn=bool(self._areas))
        self._area_of: dict[str, str] = {}
        self._devices: Counter[str] = Counter()
        self._touched: set[str] = set()

    def put(self, key: str, record: Mapping[str, Any] | None, moment: int) -> None:
        """What is known of a device from now on."""
        before, after = self._area_of.get(key), None if record is None else record.get("area")
        if before != after:
            for area, change in ((before, -1), (after, 1)):
                if area is not None:
                    self._devices[area] += change
                    self._touched.add(area)
            self._area_of.pop(key, None)
            if after is not None:
                self._area_of[key] = after
        self._means.put(key, record, moment)

    def changed(self, moment: int) -> dict[str, dict[str, Any]]:
        """Of each area that changed how many devices are in it, and the means that changed."""
        self._means.pass_time(moment)
        means = self._means.changed(moment)
        touched, self._touched = [area for area in self._areas if area in self._touched | means.keys()], set()
        return {area: self._figures(area, moment) | {"metrics": means.get(area, {})} for area in touched}

    def all(self, moment: int) -> dict[str, dict[str, Any]]:
        """Every area, whole."""
        self._means.pass_time(moment)
        return {
            code: {"code": code, "name": place.name, "name_en": place.name_en, **self._figures(code, moment)}
            for code, place in self._areas.items()
        }

    def _figures(self, area: str, moment: int) -> dict[str, Any]:
        metrics = self._means.of(area, moment)
        return {"devices": self._devices[area], "sources": summary.sources(metrics.values()), "metrics": metrics}
