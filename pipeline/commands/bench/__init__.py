"""The commands of `ast-restore bench`."""
