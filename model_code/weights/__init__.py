"""Reads existing weights: the authors' checkpoints, and the warm start from an earlier model."""
