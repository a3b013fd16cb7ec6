"""The page of the benchmark: one HTML file with recall, curves and a picture of each kind."""
