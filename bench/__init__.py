"""Benchmarks: ratios and percentiles measured in one run on one machine, never in a timed test."""
