"""One pipeline for every runner, its typed configuration, and the `ast-restore` command."""
