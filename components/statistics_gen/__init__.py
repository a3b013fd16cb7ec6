"""TFX's StatisticsGen, which computes the statistics of a few records without Beam."""
