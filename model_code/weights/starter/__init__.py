"""The starters: weights that come with the project, each trained on a drawn degradation, to restore with or to start from."""
