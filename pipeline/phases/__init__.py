"""The phases of the pipeline: check the data, train, deploy; and its reports."""
