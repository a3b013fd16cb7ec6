"""The optimiser, learning rate schedule, loss scale and running mean of the weights."""
