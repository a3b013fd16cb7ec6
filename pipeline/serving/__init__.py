"""The HTTP server of the production model: `ast-restore serve`."""
