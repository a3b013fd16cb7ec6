"""Draws the facts of a run: the HTML page, the model card, and the console summary."""
