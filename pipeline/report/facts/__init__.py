"""The facts of a run as plain data: what `facts.json` holds, and the images that the run report shows."""
