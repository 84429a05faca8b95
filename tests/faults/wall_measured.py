"""What a wall and its server hold in memory, sample by sample, and whether it grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import psutil
from playwright.sync_api import CDPSession, Page

MIB = 1 << 20
NOISY_S = 300.0
"""A line through samples of less time than this may lean as much as they differ."""


@dataclass(frozen=True)
class Sample:
    """One look; ``life`` of each figure names the document or the process that it is of."""

    at: float
    figures: dict[str, float]
    lives: dict[str, str]


@dataclass(frozen=True)
class Bound:
    """How much a figure may grow with each hour; ``noise`` is what it may differ by in a short time without growing."""

    name: str
    unit: str
    noise: float
    an_hour: float

    def allowed(self, seconds: float) -> float:
        """How much it may grow in such a time; the longer it is, the less of the noise is left."""
        return max(self.noise * min(1.0, NOISY_S / seconds), self.an_hour * seconds / 3600) if seconds else self.noise


class Sampler:
    """Looks at the browser through its tools for developers, at the server's processes from outside."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tools: CDPSession = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable")

    def look(self, at: float, document: str, processes: Sequence[psutil.Process]) -> Sample:
        """What is held now, after what is garbage has been collected; ``processes``: devices, pages."""
        # Twice: what one finalizer lets go of, the next collection takes.
        for _ in range(2):
            self._tools.send("HeapProfiler.collectGarbage")
        told = {one["name"]: one["value"] for one in self._tools.send("Performance.getMetrics")["metrics"]}
        found = {
            "heap": told["JSHeapUsedSize"] / MIB,
            "nodes": told["Nodes"],
            "listeners": told["JSEventListeners"],
        }
        lives = dict.fromkeys(found, document)
        for name, process in zip(("devices", "pages"), processes, strict=True):
            found[name] = process.memory_info().rss / MIB
            lives[name] = str(process.pid)
        return Sample(at, found, lives)


def growth(samples: Sequence[Sample], name: str) -> tuple[float, float]:
    """How much a figure grew by a robust line through its samples, and in how many seconds.

    The slope is the median of the slopes between all pairs of one life (Theil and Sen): what a collector or a cache
    does now and then moves it little. Only the longest life counts; what a process holds while it starts is no growth,
    so the first third of it is left out.
    """
    by_life: dict[str, list[tuple[float, float]]] = {}
    for one in samples:
        by_life.setdefault(one.lives[name], []).append((one.at, one.figures[name]))
    longest = max(by_life.values(), key=len)
    settled = longest[len(longest) // 3 :]
    slopes = [(b - a) / (then - at) for (at, a), (then, b) in combinations(settled, 2) if then > at]
    seconds = settled[-1][0] - settled[0][0]
    return (median(slopes) * seconds if slopes else 0.0), seconds


def grown(samples: Sequence[Sample], bounds: Sequence[Bound]) -> tuple[list[str], list[str]]:
    """A line for each figure, and one for each that grew by more than it may."""
    told, wrong = [], []
    for bound in bounds:
        by, seconds = growth(samples, bound.name)
        allowed = bound.allowed(seconds)
        line = f"{bound.name}: {by:+.2f} {bound.unit} in {seconds:.0f} s, allowed {allowed:.2f}"
        told.append(line)
        if by > allowed:
            wrong.append(f"it grows without end: {line}")
    return told, wrong
