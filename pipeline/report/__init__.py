"""What a run reports: its facts, the page that shows them, and the last screen of the console.

Nothing here imports TFX, Beam or TensorFlow: a page is drawn from facts and a few images, wherever those came from.
"""
