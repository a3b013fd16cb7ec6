"""Kubernetes, Argo and Kubeflow's backend on this machine: the compiled pipeline on the cluster that it is compiled for."""
