"""Measurements of what the project draws on photographs."""
