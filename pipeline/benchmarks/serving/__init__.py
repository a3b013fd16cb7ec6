"""Measurements of the server, and the clients that they need."""
