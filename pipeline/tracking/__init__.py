"""Exports runs to an MLflow server: what a run becomes there, the server, and the process that talks to it.

MLflow's client runs in a process of its own: it can be stopped at a time limit whatever the server does, its settings come from
environment variables, and a run of the pipeline imports none of its packages.
"""
