"""Paired data: image files and image arithmetic, layouts of data sets, synthesis, and the records that the pipeline reads."""
