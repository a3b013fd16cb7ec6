"""Judges what the Evaluator measured: blesses a model or refuses it, and writes down why."""
