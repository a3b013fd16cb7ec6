"""Every measurement that a document quotes; each module is a command, `python -m pipeline.benchmarks.NAME`."""
