"""Reading weights: checkpoints of the reference, warm start."""
