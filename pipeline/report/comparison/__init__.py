"""The comparison of two runs, image by image: `differences` computes it, `page` draws it."""
