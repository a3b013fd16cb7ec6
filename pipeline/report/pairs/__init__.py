"""The report of `ast-restore data check`: which pairs are quarantined and why, to be looked at."""
