"""The checks of a pair: one module for each family, with its codes, sentences, thresholds and rules."""
