"""Runs on a schedule or when data arrives, one at a time."""
