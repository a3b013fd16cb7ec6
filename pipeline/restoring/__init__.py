"""Restores image files and arrays with a SavedModel: `ast-restore restore`."""
