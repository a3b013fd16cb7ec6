"""The measurements that the documents quote; each module is a command, `python -m pipeline.benchmarks.NAME [--json FILE]`."""
