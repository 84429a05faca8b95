"""Why a figure is doubtful, in codes and words (levels.toml)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from layers.visitors import capacity
from layers.visitors.counter import Trust, Verdict
from layers.visitors.inside import Inside, reset_before
from layers.visitors.passed import DOUBTFUL
from layers.visitors.since import Shortage
from layers.visitors.tables import gate_step
from store.instant import MILLISECOND, Instant, local_midnight

TODAY = ("entered_today", "left_today")
UNCLEAR = (Verdict.AMBIGUOUS, Verdict.FALL, Verdict.EXCHANGE, Verdict.RESTART, Verdict.ROLLOVER)

Doubt = dict[str, Any]
"""``code``, ``name``, ``name_en``, the ``figures`` that are doubtful, the ``gates`` that make them so, since when."""


def steps_in_doubt(
    connection: Connection, community: str, sites: list[str], moment: Instant, at: Instant | None
) -> dict[str, list[Row[Any]]]:
    """The steps of today, or since the reset, that are not sound, by site."""
    c = gate_step.c
    since = min(local_midnight(moment), reset_before(moment))
    query = select(gate_step).where(c.community == community, c.site.in_(sites), DOUBTFUL, c.ts >= since)
    if at is not None:
        query = query.where(c.ts <= at)
    found: dict[str, list[Row[Any]]] = {site: [] for site in sites}
    for row in connection.execute(query.order_by(c.ts)):
        found[row.site].append(row)
    return found


def doubts(
    steps: Iterable[Row[Any]], silent: Mapping[str, Instant | None], inside: Inside, short: Shortage, moment: Instant
) -> list[Doubt]:
    """What is doubtful about a site's figures.

    Parameters
    ----------
    steps
        Those of `steps_in_doubt`.
    silent
        Gates that should count there and are not heard, and when they were last.
    short
        When people first left who had not been seen to enter, and through which gates.
    """
    found: dict[str, tuple[set[str], set[str], list[Instant]]] = {}

    def note(code: str, figures: Iterable[str], gates: Iterable[str], since: Instant | None) -> None:
        of, by, times = found.setdefault(code, (set(), set(), []))
        of.update(figures)
        by.update(gates)
        times += [] if since is None else [since]

    for gate, heard in silent.items():
        note("gate_silent", ("inside", *TODAY), [gate], heard)
    if round(inside.clamped) > 0:
        note("clamped", ("inside",), short[1], short[0])
    begins = {"inside": max(reset_before(moment), inside.counted or 0)}
    begins[TODAY[0]] = begins[TODAY[1]] = local_midnight(moment)
    for step in steps:
        way = TODAY[0] if step.counter.startswith("enter") else TODAY[1]
        of = [name for name in ("inside", way) if begins[name] <= step.ts]
        if step.decision is None and step.trust == Trust.SUSPECT:
            note("suspect", of, [step.device_id], step.ts)
        elif step.decision is None and step.verdict in UNCLEAR:
            note("unclear", of, [step.device_id], step.ts)
        if step.since is not None and step.counted:
            spans = [name for name in of if step.since < begins[name]]
            note("silence", spans, [step.device_id], step.since)
    return [
        {"code": row["code"], "name": row["name"], "name_en": row["name_en"]}
        | {"figures": sorted(found[row["code"]][0]), "gates": sorted(found[row["code"]][1])}
        | {"since": min(found[row["code"]][2]) // MILLISECOND if found[row["code"]][2] else None}
        for row in capacity.rules()["doubt"]
        if row["code"] in found and found[row["code"]][0]
    ]
