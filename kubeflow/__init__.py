"""Runs the pipeline on Kubeflow Pipelines v2."""
