"""Pushes a blessed model, atomically and only if it differs from the production model."""
