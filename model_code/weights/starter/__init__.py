"""The starter: weights that come with the project, trained on drawn rain, to restore before any training and to start from."""
