"""The same pipeline on Kubeflow Pipelines v2."""
