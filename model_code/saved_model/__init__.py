"""The SavedModel that training ends as: signatures, tiling, warm-up requests."""
