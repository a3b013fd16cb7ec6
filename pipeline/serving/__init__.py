"""`ast-restore serve`: the pushed model behind HTTP."""
