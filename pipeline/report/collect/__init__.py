"""Collects the facts of a run from ML Metadata and artifacts."""
