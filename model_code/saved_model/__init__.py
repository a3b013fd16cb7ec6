"""The SavedModel of a restorer: signatures, tiling inside the graph, and warm-up requests."""
