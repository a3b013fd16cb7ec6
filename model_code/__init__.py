"""The restoration network in TensorFlow: its architecture, input pipeline, training, SavedModel and weights.

TFX calls the entry modules `preprocessing`, `tuner` and `trainer`. `settings` holds their configuration.
"""
