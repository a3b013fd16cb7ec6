"""A detector of seams: what the eye sees of tiles is a step along a straight line where they meet."""

import numpy as np


def seam_energy(image, tile):
    """Returns the gradient energy across the borders of tiles by that everywhere else; 1 where there is no seam."""
    return max(_along(np.moveaxis(image, axis, 0), tile) for axis in (0, 1) if image.shape[axis] > tile)


def _along(image, tile):
    energy = np.square(np.diff(image.astype(np.float64), axis=0)).mean(axis=(1, 2))
    at = np.arange(tile - 1, len(energy), tile)
    return energy[at].mean() / np.delete(energy, at).mean()
