"""Figures for people: percentiles in milliseconds."""

from collections.abc import Sequence

import numpy as np


def percentiles(seconds: Sequence[float], *of: int) -> str:
    """``p50 4.1 ms, p95 9.0 ms (1000 samples, greatest 12.3 ms)``."""
    found = np.percentile(seconds, of) * 1000
    shown = ", ".join(f"p{p} {value:.1f} ms" for p, value in zip(of, found, strict=True))
    return f"{shown} ({len(seconds)} samples, greatest {max(seconds) * 1000:.1f} ms)"
