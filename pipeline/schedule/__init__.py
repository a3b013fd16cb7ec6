"""Runs the pipeline on a schedule or when data arrives, one run at a time."""
