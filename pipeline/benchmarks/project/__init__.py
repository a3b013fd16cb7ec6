"""Measurements and pictures of the project itself."""
