"""Synthetic degradations (rain, haze, raindrops) of clean photographs."""
