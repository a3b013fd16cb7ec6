"""What the server measures of itself and of its requests."""
