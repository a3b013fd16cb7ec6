"""The optimizer and what steers it: schedule, loss scale, weight average."""
