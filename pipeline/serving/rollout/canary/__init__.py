"""A canary: a newer version that answers a share of the requests before it may answer all."""
