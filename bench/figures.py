"""Figures for people: percentiles in milliseconds, and whether a goal is met."""

from collections.abc import Sequence

import numpy as np


def percentiles(seconds: Sequence[float], *of: int) -> str:
    """``p50 4.1 ms, p95 9.0 ms (1000 samples, greatest 12.3 ms)``."""
    found = np.percentile(seconds, of) * 1000
    shown = ", ".join(f"p{p} {value:.1f} ms" for p, value in zip(of, found, strict=True))
    return f"{shown} ({len(seconds)} samples, greatest {max(seconds) * 1000:.1f} ms)"


def judged(goal: str, is_met: bool) -> str:
    """What stands behind a figure that has a goal: `` (goal 250 ms: met)``."""
    return f" (goal {goal}: {'met' if is_met else 'MISSED'})"
