"""Measures and judges every pair, quarantines bad pairs, and stops the run where the data is refused."""
