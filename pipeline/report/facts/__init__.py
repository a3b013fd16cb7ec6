"""The facts of a run as plain data, as facts.json holds them."""
