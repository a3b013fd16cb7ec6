"""Kubeflow's own backend in Go, built from its modules, on the compiled pipeline."""
