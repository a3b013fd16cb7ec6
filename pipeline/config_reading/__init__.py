"""Reads configurations: YAML with budgets, values from the command line, and errors in one line."""
