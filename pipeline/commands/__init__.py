"""The `ast-restore` command line, one file for each command."""
