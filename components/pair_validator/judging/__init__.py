"""Judges pairs by their measurements, without reading a pixel."""
