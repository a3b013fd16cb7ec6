"""One module per reader of foreign bytes."""
