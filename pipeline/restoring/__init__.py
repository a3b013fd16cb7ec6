"""Restoring image files with a pushed model: the `ast-restore restore` command."""
