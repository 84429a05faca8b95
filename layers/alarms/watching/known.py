"""The rules and the devices that they are about, as a process keeps them: what changed is read again, and only that."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from geo.ground import place
from layers.alarms import rulebook
from layers.alarms.occurrences import Key, Subject
from layers.alarms.rules import Rule
from sensors.devices.kept_registry import Registry
from sensors.devices.registry import Device


class Known:
    """Rules by community and metric, those that are on; devices by code."""

    def __init__(self) -> None:
        self.books: dict[str, rulebook.Book] = {}
        self._version: dict[tuple[str, str], int] = {}
        self.behind: dict[str, list[str]] = {}
        """gateway -> the devices behind it."""
        self._registry: Registry | None = None
        self._devices: dict[str, Device] = {}
        self._of_metric: dict[str, dict[str | None, list[Rule]]] = {}
        self._limits: dict[str, set[str | None]] = {}
        self._versions = (-1, -1)

    def device(self, code: str) -> Device | None:
        """A device, as last read."""
        return self._devices.get(code)

    def refresh(self, connection: Connection, registry: int, rules: int) -> tuple[set[str], bool]:
        """Read what changed since these revisions were others; the devices that did, and whether the rules did."""
        before, self._versions = self._versions, (registry, rules)
        if self._registry is None:
            self._registry = Registry(connection.engine)
        changed: set[str] = set()
        if registry != before[0] and self._registry.refresh(connection):
            changed = self._read_devices(self._registry.devices)
        communities = {device.community for device in self._devices.values()} if changed else set(self.books)
        is_new = rules != before[1] or bool(communities - self.books.keys())
        if is_new:
            self.books = {code: rulebook.watching(connection, code) for code in communities}
            self._version = rulebook.newest(connection)
            self._of_metric = {code: _by_metric(book.values()) for code, book in self.books.items()}
            self._limits = {code: {rule.other for rule in book.values()} for code, book in self.books.items()}
        return changed, is_new

    def _read_devices(self, devices: Sequence[Device]) -> set[str]:
        before, self._devices = self._devices, {one.id: one for one in devices}
        self.behind = {}
        for device in devices:
            if device.gateway is not None:
                self.behind.setdefault(device.gateway, []).append(device.id)
        return {device.id for device in devices if before.get(device.id) != device}

    def moved(self, devices: Sequence[Device]) -> None:
        """Devices are in other places now."""
        if self._registry is not None:
            self._registry.keep(devices)
        self._devices |= {device.id: device for device in devices}

    def rules_of(self, device: Device, metric: str) -> tuple[list[Rule], bool]:
        """The rules over a metric of a device, and whether it is the limit of another one."""
        rules = self._of_metric.get(device.community, {}).get(metric, ())
        return [rule for rule in rules if rule.watches(device)], metric in self._limits.get(device.community, ())

    def rule(self, key: Key) -> Rule | None:
        """The rule of a key; None where it is off, or is none."""
        return self.books.get(key[0], {}).get(key[1])

    def version(self, key: Key) -> int:
        """Which version of the rule of a key holds; nought where it is as it ships."""
        return self._version.get(key[:2], 0)

    def subject(self, key: Key) -> tuple[Rule, Subject] | None:
        """What a key stands for; None where no rule that is on watches that subject any more."""
        community, _, subject = key
        rule = self.rule(key)
        if rule is None:
            return None
        if rule.of != "device":
            if rule.site not in (None, subject):
                return None
            site = subject if rule.of == "site" else None
            found = place(community, "sites", site) if site is not None else None
            if found is None:
                return rule, Subject(community=community, kind=rule.of, id=subject, site=site)
            lon, lat = found.label
            return rule, Subject(
                community=community, kind=rule.of, id=subject, name=found.name, site=site, lon=lon, lat=lat
            )
        device = self._devices.get(subject)
        if device is None or device.revoked is not None or not rule.watches(device):
            return None
        return rule, self.subject_of(device)

    def subject_of(self, device: Device) -> Subject:
        """A device as what an alarm is about."""
        return Subject(
            community=device.community,
            kind="device",
            id=device.id,
            name=device.name,
            device=device.id,
            area=device.area,
            site=device.site,
            lon=device.lon,
            lat=device.lat,
            room=device.room,
            gateway=device.gateway,
            leads=device.id in self.behind,
            source=device.source,
        )

    def silences(self, codes: Iterable[str] | None = None) -> dict[Key, tuple[Rule, Device]]:
        """The rules over silence, and the devices that each is about; of these devices or all."""
        rules = {code: [rule for rule in book.values() if rule.op == "missing"] for code, book in self.books.items()}
        devices = self._devices.values() if codes is None else [self._devices[code] for code in codes]
        return {
            (one.community, rule.code, one.id): (rule, one)
            for one in devices
            if one.revoked is None
            for rule in rules[one.community]
            if rule.watches(one)
        }


def _by_metric(rules: Iterable[Rule]) -> dict[str | None, list[Rule]]:
    found: dict[str | None, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.metric, []).append(rule)
    return found
