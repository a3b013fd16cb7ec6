"""A benchmark of checks on image pairs: faults and valid variation of many kinds, drawn on true pairs at graded strength."""
