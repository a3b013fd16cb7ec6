"""Components of the pipeline that need the pipeline's own packages: the run report, and the records of a first run."""
