"""Reads ML Metadata and the artifacts of a run, and gathers its facts and images."""
