"""Files and folders: safe reading and writing, names, paths within a folder, locks."""
