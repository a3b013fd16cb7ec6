"""Pushes a blessed model: whole, and never the same one twice."""
