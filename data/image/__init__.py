"""Image files and image arithmetic: reading, storing, resizing, measures."""
