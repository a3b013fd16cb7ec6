"""Mirrors pipeline/tracking."""
