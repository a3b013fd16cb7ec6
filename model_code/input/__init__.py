"""The training input: pairs, augmentation, and the check that both images of a pair are treated alike."""
