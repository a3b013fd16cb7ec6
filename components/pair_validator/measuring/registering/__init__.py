"""Where the input lies on its target: as a whole, and place by place."""
