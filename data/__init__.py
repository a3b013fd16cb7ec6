"""Paired data: where it comes from, how it is checked on the way in, and how it lies on disk."""
