"""Checks that a model can be served: loads and calls it in a process of its own before the push."""
