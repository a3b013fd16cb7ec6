"""The training input: pairs, augmentation, and the check that both images are treated alike."""
