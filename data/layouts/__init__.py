"""Layouts: how data sets name inputs and targets, and how pairs are matched by name."""
