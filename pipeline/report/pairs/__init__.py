"""What a check of pairs shows: counts, histograms with their thresholds, and the worst pairs to look at.

Nothing here imports TFX, Beam or TensorFlow.
"""
