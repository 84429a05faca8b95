"""Why a figure is doubtful, in codes and words (levels.toml)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from layers.visitors import capacity
from layers.visitors.counter import Trust, Verdict
from layers.visitors.inside import Inside, reset_before
from layers.visitors.passed import DOUBTFUL
from layers.visitors.tables import gate_step
from store.instant import Instant, local_midnight

TODAY = ("entered_today", "left_today")
UNCLEAR = (Verdict.AMBIGUOUS, Verdict.FALL, Verdict.EXCHANGE, Verdict.RESTART, Verdict.ROLLOVER)

Doubt = dict[str, Any]
"""``code``, ``name``, ``name_en``, the ``figures`` that are doubtful, and the ``gates`` that make them so."""


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


def doubts(steps: Iterable[Row[Any]], silent: list[str], inside: Inside, moment: Instant) -> list[Doubt]:
    """What is doubtful about a site's figures.

    Parameters
    ----------
    steps
        Those of `steps_in_doubt`.
    silent
        Gates that should count there and are not heard.
    """
    found: dict[str, tuple[set[str], set[str]]] = {}

    def note(code: str, figures: Iterable[str], gates: Iterable[str]) -> None:
        of, by = found.setdefault(code, (set(), set()))
        of.update(figures)
        by.update(gates)

    if silent:
        note("gate_silent", ("inside", *TODAY), silent)
    if round(inside.clamped) > 0:
        note("clamped", ("inside",), ())
    begins = {"inside": max(reset_before(moment), inside.counted or 0)}
    begins[TODAY[0]] = begins[TODAY[1]] = local_midnight(moment)
    for step in steps:
        way = TODAY[0] if step.counter.startswith("enter") else TODAY[1]
        of = [name for name in ("inside", way) if begins[name] <= step.ts]
        if step.decision is None and step.trust == Trust.SUSPECT:
            note("suspect", of, [step.device_id])
        elif step.decision is None and step.verdict in UNCLEAR:
            note("unclear", of, [step.device_id])
        if step.since is not None and step.counted:
            note("silence", [name for name in of if step.since < begins[name]], [step.device_id])
    return [
        {"code": row["code"], "name": row["name"], "name_en": row["name_en"]}
        | {"figures": sorted(found[row["code"]][0]), "gates": sorted(found[row["code"]][1])}
        for row in capacity.rules()["doubt"]
        if row["code"] in found and found[row["code"]][0]
    ]
