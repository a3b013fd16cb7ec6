"""Compares the measurements of a new span with those of the last accepted span."""
