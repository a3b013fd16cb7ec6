"""Kubeflow's own packages, unmodified, on the compiled pipeline."""
