"""Spans of paired TFRecords: splits by scene, manifest, writer."""
