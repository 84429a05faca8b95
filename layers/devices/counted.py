"""What can be counted of devices: means of a metric, how far counters moved on, and how many devices stand how."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal

from sqlalchemy import Connection

from layers.devices import queries
from layers.sources import Counted, Formula, Rows, Source, Span, address, at_of
from sensors.devices import registry
from sensors.devices.kinds import kinds
from sensors.intake.state import Status, status_of
from sensors.metrics import metrics
from sensors.readings import spans as measured
from sensors.readings.spans import Sum
from store.demonstration import INVENTED
from store.instant import DAY, Instant, day_of, format_rfc3339, now
from store.language import say


class MetricFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A metric, as its mean over all values, or as how far its counters moved on ("moved")."""

    metric: str
    of: Literal["mean", "moved"] = "mean"


class DevicesFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Devices of a kind, of all where none is named; ``status``: in which state, of any where it is empty."""

    device: str = ""
    status: Literal["", "online", "stale", "offline"] = ""


def metric_fault(_community: str, formula: MetricFormula) -> str | None:
    """Why this cannot be counted; None where it can."""
    return None if formula.metric in metrics() else say("没有指标「{metric}」", metric=formula.metric)


def count_metric(
    connection: Connection, community: str, formula: MetricFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """The figure of each span; None is today. Nothing where no device said anything in it."""
    until = now() if at is None else at
    asked = [_of_days(span, until) for span in spans]
    found: dict[int, list[Sum]] = defaultdict(list)
    is_counter = formula.of == "moved"
    for one in measured.of_areas(connection, community, formula.metric, asked, at, is_counter=is_counter):
        found[one.place].append(one)
    return [_counted(found[place], formula) for place in range(len(asked))]


def _of_days(span: Span | None, until: Instant) -> tuple[Instant, Instant]:
    return (day_of(until), day_of(until) + DAY) if span is None else (span.since, span.until)


def _counted(found: Sequence[Sum], formula: MetricFormula) -> Counted:
    parts: dict[str, list[Sum]] = defaultdict(list)
    for one in found:
        if one.area is not None:
            parts[one.area].append(one)
    areas = {area: value for area, of in parts.items() if (value := figure(of, formula.of)) is not None}
    said = {one.source for one in found}
    return Counted(value=figure(found, formula.of), areas=areas, **_of_sources(said))


def _of_sources(said: Collection[str | None]) -> dict[str, bool]:
    """What is no real sensor's: replayed, or invented."""
    return {"is_replayed": bool(set(said) - {None, INVENTED}), "is_invented": INVENTED in said}


def figure(found: Sequence[Sum], of: Literal["mean", "moved"]) -> float | None:
    """The mean over all values of devices, or how far their counters moved on together; None of nothing."""
    n = sum(one.n for one in found)
    if not n:
        return None
    return sum(one.total for one in found) / n if of == "mean" else sum(one.moved for one in found)


def metric_rows(community: str, formula: MetricFormula, span: Span | None, at: Instant | None) -> Rows:
    """What each device measured in the span."""
    since, until = _of_days(span, now() if at is None else at)
    when = at_of(at)
    days = [("from", format_rfc3339(since)), ("to", format_rfc3339(until)), when]
    shown = [("community", community), ("measured", formula.metric), ("of", formula.of), *days]
    return Rows(
        api=address(f"/api/v1/{community}/readings/devices", [("metric", formula.metric), *days]),
        page=address("/devices", shown),
    )


def device_fault(_community: str, formula: DevicesFormula) -> str | None:
    """Why this cannot be counted; None where it can."""
    known = not formula.device or formula.device in kinds()
    return None if known else say("没有设备类型「{kind}」", kind=formula.device)


def count_devices(
    connection: Connection, community: str, formula: DevicesFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """How many devices stand so; nothing where the community has none of the kind. Devices have no spans."""
    moment = now() if at is None else at
    meant = {one.id for one in registry.read_all(connection, community, kind=formula.device or None)}
    known = queries.states(connection, community, meant, at) if meant else []
    if not known:
        return [Counted(value=None) for _ in spans]
    chosen = [
        one
        for one in known
        if not formula.status or status_of(one.device, one.last_seen, one.connected, moment) == Status(formula.status)
    ]
    areas: dict[str, float] = defaultdict(float)
    for one in chosen:
        if one.device.area is not None:
            areas[one.device.area] += 1
    said = _of_sources({one.device.source for one in chosen})
    return [Counted(value=float(len(chosen)), areas=areas, as_of=moment, **said) for _ in spans]


def device_rows(community: str, formula: DevicesFormula, _span: Span | None, at: Instant | None) -> Rows:
    """The community's devices, each with its kind and status."""
    asked = [("kind", formula.device or None), ("status", formula.status or None), at_of(at)]
    return Rows(
        api=address(f"/api/v1/{community}/devices", asked),
        page=address("/devices", [("community", community), *asked]),
    )


SOURCES = {
    "metric": Source(
        name="传感器",
        name_en="Sensors",
        formula=MetricFormula,
        fault=metric_fault,
        count=count_metric,
        rows=metric_rows,
        has_areas=lambda _community, _formula: True,
    ),
    "devices": Source(
        name="设备",
        name_en="Devices",
        formula=DevicesFormula,
        fault=device_fault,
        count=count_devices,
        rows=device_rows,
        has_areas=lambda _community, _formula: True,
    ),
}
