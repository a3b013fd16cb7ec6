"""Blesses or refuses a model by the values of every evaluation image, and stores the judgement."""
