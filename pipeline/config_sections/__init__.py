"""Sections of the configuration with rules of their own: `beam` and `mlflow`. Import nothing heavy."""
