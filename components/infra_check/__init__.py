"""Tries a model as it will be served, in a process of its own, before it is pushed."""
