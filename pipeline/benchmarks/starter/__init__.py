"""Starter weights: which photographs they are trained on, and how they are made."""
