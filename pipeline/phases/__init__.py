"""The three phases of the pipeline: check the data, train, deploy."""
