"""What a training leaves to read: its history, TensorBoard events, and lines on the screen."""
