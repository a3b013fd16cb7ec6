"""Image files: their structure, limits, decoding to one stored form, and encoding."""
