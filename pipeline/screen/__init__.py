"""What a command writes to the terminal: its end, texts from outside, and what libraries log there."""
