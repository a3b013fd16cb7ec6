"""The PairValidator: measures every pair, judges it, and stops the run that would learn from bad ones."""
