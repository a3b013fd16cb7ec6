"""Verdicts on pairs: measurements held against thresholds, without reading a pixel again."""
