"""Rain as published and photographed sets show it, in wide ranges, for networks that have to work on rain they never saw."""
