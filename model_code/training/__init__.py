"""Training: the run (`fit`), its step and state, losses, validation, checkpoints, and its records.

Read `fit` first.
"""
