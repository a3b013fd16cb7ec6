"""Processes that die at a chosen moment of a real run, and runs that follow them."""
