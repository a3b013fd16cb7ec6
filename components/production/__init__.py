"""What is in production: the push destination says so, and so it is what a candidate is compared with."""
