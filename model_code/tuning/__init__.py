"""The search for hyperparameters: its settings and its search space."""
