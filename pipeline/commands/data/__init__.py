"""The commands of `ast-restore data`, one file each."""
