"""The pushed models: `versions` finds them, `comparison` compares two, `tables` prints them."""
