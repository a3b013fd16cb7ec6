"""Words that stand for weights, in the configuration and on the command line. Imports nothing."""

PRODUCTION = "production"
"""Value of `train.warm_start`: training goes on from the production model."""
STARTER = "starter"
"""Value of `train.warm_start` and `--model`: the weights that come with the project."""
