"""Writes the pages of the documentation that repeat what the code says: `make docs`."""
