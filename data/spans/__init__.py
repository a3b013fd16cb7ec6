"""Spans of paired records: scenes, splits by scene, the manifest, and the writer."""
