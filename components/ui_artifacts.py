"""Artifacts that Kubeflow's user interface shows; `kubeflow.task` and `kubeflow.spec` know its names for them."""

from __future__ import annotations

from tfx import v1 as tfx


class HtmlPage(tfx.dsl.Artifact):
    """An HTML page that loads nothing from elsewhere; the artifact's address is that of the file."""

    TYPE_NAME = "components.HtmlPage"


class ScalarMetrics(tfx.dsl.Artifact):
    """Numbers by name, as custom properties of the artifact."""

    TYPE_NAME = "components.ScalarMetrics"
