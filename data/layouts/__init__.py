"""How public data sets lay out their pairs, and how input and target are matched."""
