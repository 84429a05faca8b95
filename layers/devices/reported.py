"""What share of its readings a device sent: by its interval since it was registered, by the hour of what was before.

What a device kept, or is filled with, of the time before it was known here comes at a pace that nobody promised: a past
of hourly values is whole with a value an hour. That time counts from the first such value on.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, case, func, select

from sensors.devices.registry import Device
from sensors.tables import device, reading_day, reading_hour, series
from store.instant import DAY, HOUR, SECOND, Instant


def shares(
    connection: Connection, devices: Sequence[Device], since: Instant, until: Instant
) -> Mapping[str, float | None]:
    """device -> the share in [since, until), from 0 to 1; None where nothing could be expected of it.

    Parameters
    ----------
    devices
        All of one community.
    """
    if not devices:
        return {}
    community = devices[0].community
    by_day = _by_day(connection, community, since, until)
    by_hour = _by_hour(connection, community, since, until) if any(one.created > since for one in devices) else {}
    return {
        one.id: _of_later(one, by_hour.get(one.id), until)
        if one.created > since
        else _share(by_day.get(one.id, 0) * _interval(one), until - since, _interval(one))
        for one in devices
    }


def _interval(one: Device) -> float:
    return one.interval_s * SECOND


def _share(told: float, of: float, least: float) -> float | None:
    return min(1.0, told / of) if of >= least else None


def _of_later(one: Device, found: tuple[Instant | None, int, int] | None, until: Instant) -> float | None:
    """Of one that was registered in the span or after it."""
    first, hours, count = found or (None, 0, 0)
    known = min(one.created, until)
    before = 0 if first is None else known - first
    after = until - known
    told = min(before, hours * HOUR) + min(after, count * _interval(one))
    return _share(told, before + after, _interval(one))


def _by_day(connection: Connection, community: str, since: Instant, until: Instant) -> dict[str, int]:
    """device -> how many readings came of the metric of which most did."""
    c = reading_day.c
    of_series = (
        select(series.c.device_id, func.sum(c.n).label("n"))
        .join(series, series.c.id == c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(device.c.community == community, c.day > since - DAY, c.day < until)
        .group_by(series.c.id, series.c.device_id)
        .subquery()
    )
    query = select(of_series.c.device_id, func.max(of_series.c.n)).group_by(of_series.c.device_id)
    return {name: int(n) for name, n in connection.execute(query)}


def _by_hour(
    connection: Connection, community: str, since: Instant, until: Instant
) -> dict[str, tuple[Instant | None, int, int]]:
    """Of each device that is younger than the span: its first hour before it was registered, how many of these hours
    have a reading, and how many readings came since.
    """
    c = reading_hour.c
    is_before = c.hour < device.c.created - device.c.created % HOUR
    of_series = (
        select(
            series.c.device_id,
            func.min(case((is_before, c.hour))).label("first"),
            func.count(case((is_before, c.hour))).label("hours"),
            func.coalesce(func.sum(case((is_before, None), else_=c.n)), 0).label("n"),
        )
        .join(series, series.c.id == c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(device.c.community == community, device.c.created > since)
        .where(c.hour > since - HOUR, c.hour < until, c.n > 0)
        .group_by(series.c.id, series.c.device_id)
        .subquery()
    )
    s = of_series.c
    query = select(s.device_id, func.min(s.first), func.max(s.hours), func.max(s.n)).group_by(s.device_id)
    return {name: (first, int(hours), int(n)) for name, first, hours, n in connection.execute(query)}
