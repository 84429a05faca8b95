"""Figures of the nine scenes: each indicator of a scene with its value, target and curve, now or as it stood at a time.

``scene`` and ``one`` are what others build on. Both answer by default what everybody may be told: ``sees`` is the least
role that the reader has, and whoever has none is told no total of fewer than five people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from layers.indicators import kept
from layers.indicators.declare import Baseline, Indicator, factors, formula_of, source_of
from layers.indicators.periods import last_of
from layers.people import FEWEST
from layers.roles import EVERYBODY, may
from layers.sources import Counted, Rows, Source, Span
from store.instant import Instant, now
from store.language import Word

NOT_CONFIGURED = Word("未配置", "not configured")
FEW = Word("少于 5 人，不公布", "fewer than 5 people")
ROLE = Word("登录后可见", "not told without a role")
DIGITS = 6
"""Behind the point; what lies beyond is the computer's, not the figure's."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A figure of a period of the past."""

    span: Span
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of an indicator.

    ``value`` is None where nobody said anything (``source`` is then `NOT_CONFIGURED`), or where it is not told to the
    reader (`FEW`, `ROLE`). ``span`` is the period that it is of, None where it is as it stands. ``as_of`` is until when
    what makes it was counted. ``trend`` has the periods before and this one, oldest first; ``areas`` its parts by area.
    """

    of: Indicator
    value: float | None
    target: float | None
    span: Span | None
    as_of: Instant
    source: Word
    rows: Rows
    trend: Sequence[Point] = ()
    areas: Mapping[str, float] = field(default_factory=dict)
    has_areas: bool = False
    is_replayed: bool = False
    is_invented: bool = False

    @property
    def baseline(self) -> Baseline | None:
        """What was said of a past year."""
        return self.of.baseline

    @property
    def share(self) -> float | None:
        """How much of the target is reached; None without a value or a target."""
        return None if self.value is None or not self.target else self.value / self.target


def scene(
    connection: Connection,
    community: str,
    scene: str,
    at: Instant | None = None,
    *,
    sees: str = EVERYBODY,
    with_trend: bool = True,
) -> list[Figure]:
    """The figures of a scene (a code of layers/scenes.toml), in their order."""
    chosen = [one for one in kept.indicators(connection, community, at).values() if one.scene == scene]
    return _figures(connection, community, chosen, at, sees, with_trend=with_trend)


def leading(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Figure]:
    """scene -> the figure that stands for it: of those that lead, the first that has a value, else the first."""
    found: dict[str, list[Indicator]] = {}
    for one in kept.indicators(connection, community, at).values():
        if one.sees == EVERYBODY:
            found.setdefault(one.scene, []).append(one)
    told = {}
    for code, ones in found.items():
        leads = [one for one in ones if one.leads] or ones[:1]
        figures = _figures(connection, community, leads, at, EVERYBODY, with_trend=False)
        told[code] = next((figure for figure in figures if figure.value is not None), figures[0])
    return told


def one(
    connection: Connection,
    community: str,
    code: str,
    period_start: Instant,
    period_end: Instant,
    *,
    at: Instant | None = None,
    sees: str = EVERYBODY,
) -> Figure:
    """An indicator's figure of any span of time: from ``period_start`` until before ``period_end``.

    Raises
    ------
    Problem
        404 where there is no such indicator.
    """
    found = kept.one(connection, community, code, at)
    span = None if found.period == "now" else Span(period_start, period_end)
    moment = min(period_end - 1, now() if at is None else at)
    return _figure(connection, community, found, [span], at, sees, moment)


def figure(
    connection: Connection, community: str, found: Indicator, at: Instant | None, sees: str, most: int | None = None
) -> Figure:
    """An indicator's figure with its curve of so many periods."""
    moment = now() if at is None else at
    spans = last_of(found.period, moment, most)
    return _figure(connection, community, found, spans or [None], at, sees, moment)


def _figures(
    connection: Connection,
    community: str,
    chosen: Sequence[Indicator],
    at: Instant | None,
    sees: str,
    *,
    with_trend: bool,
) -> list[Figure]:
    moment = now() if at is None else at
    targets = kept.targets(connection, community, at)
    told = []
    for found in chosen:
        spans: list[Span | None] = [*last_of(found.period, moment, None if with_trend else 1)] or [None]
        told.append(_figure(connection, community, found, spans, at, sees, moment, targets.get(found.code, [])))
    return told


def _figure(
    connection: Connection,
    community: str,
    found: Indicator,
    spans: Sequence[Span | None],
    at: Instant | None,
    sees: str,
    moment: Instant,
    targets: list | None = None,  # type: ignore[type-arg]
) -> Figure:
    """The figure of the last span, with those before it as its curve."""
    source, formula = source_of(found.kind), formula_of(found)
    assert source is not None  # noqa: S101 - an indicator without one is none
    if found.kind == "entered":
        formula = type(formula)(code=found.code)
    is_seen = found.sees == EVERYBODY or may(sees, found.sees)
    counted = source.count(connection, community, formula, spans, at) if is_seen else [Counted(value=None)] * len(spans)
    is_open = source.is_of_people(community, formula) and not may(sees, "steward")
    values = [_value(found, one, is_open=is_open) for one in counted]
    last = counted[-1]
    if targets is None:
        targets = kept.targets(connection, community, at).get(found.code, [])
    per = _factor(found)
    return Figure(
        of=found,
        value=values[-1],
        target=kept.target_of(found, targets, moment),
        span=spans[-1],
        as_of=min(last.as_of, moment) if last.as_of is not None else moment,
        source=_source(source, last, values[-1], is_seen=is_seen),
        rows=source.rows(community, formula, spans[-1], at),
        trend=[Point(span=span, value=value) for span, value in zip(spans, values, strict=True) if span is not None],
        # By area fewer people stand behind each part: of people only those are told who see them anyway.
        areas={} if is_open else {area: _tidy(value * per) for area, value in last.areas.items()},
        has_areas=source.has_areas(community, formula) and not is_open,
        is_replayed=last.is_replayed,
        is_invented=last.is_invented and values[-1] is not None,
    )


def _factor(found: Indicator) -> float:
    return factors()[found.factor].factor if found.factor else 1.0


def _value(found: Indicator, counted: Counted, *, is_open: bool) -> float | None:
    if counted.value is None or (is_open and 0 < (counted.people or 0) < FEWEST):
        return None
    return _tidy(counted.value * _factor(found))


def _tidy(value: float) -> float:
    kept_digits = round(value, DIGITS)
    return int(kept_digits) if kept_digits == int(kept_digits) else kept_digits


def _source(source: Source, counted: Counted, value: float | None, *, is_seen: bool) -> Word:
    if not is_seen:
        return ROLE
    if counted.value is None:
        return NOT_CONFIGURED
    return FEW if value is None else Word(source.name, source.name_en)
