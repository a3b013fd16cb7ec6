"""A shadow: a second model that restores a share of the images and answers nobody."""
