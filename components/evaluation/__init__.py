"""Measures restored images: the metrics, their form in TFMA, and the values of every evaluation image."""
