"""The commands of `ast-restore models`, one file each."""
