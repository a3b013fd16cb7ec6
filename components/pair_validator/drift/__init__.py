"""Statistics of a span compared with those of the last accepted one."""
