"""The server's metrics, the log of image measurements, and drift of clients' images from the training data."""
