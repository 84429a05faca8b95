"""The environment of a community, kept by difference from what is known of its devices."""

from collections.abc import Mapping
from typing import Any, ClassVar

from geo.ground import places
from layers.devices.queries import ENVIRONMENT, environment
from sensors.readings.kept_means import KeptMeans


class KeptEnvironment:
    """The means over all areas, as `layers.devices.queries.records` has them under `ENVIRONMENT`."""

    follows: ClassVar[str] = "devices"

    def __init__(self, community: str) -> None:
        self._means = KeptMeans(whole=True, drawn=bool(places(community, "areas")))

    def put(self, key: str, record: Mapping[str, Any] | None, moment: int) -> None:
        """What is known of a device from now on."""
        if key != ENVIRONMENT:
            self._means.put(key, record, moment)

    def changed(self, moment: int) -> dict[str, dict[str, Any]]:
        """The means that changed."""
        self._means.pass_time(moment)
        metrics = self._means.changed(moment).get(None)
        return {} if metrics is None else {ENVIRONMENT: self.all(moment)[ENVIRONMENT] | {"metrics": metrics}}

    def all(self, moment: int) -> dict[str, dict[str, Any]]:
        """All means."""
        self._means.pass_time(moment)
        return {ENVIRONMENT: environment(self._means.of(None, moment))}
