"""The compiled pipeline with every setting of `kubeflow:`, which Kubeflow's own code of several releases reads."""

import pytest


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Returns the file."""
    pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")
    from kubeflow.compile import compile_pipeline
    from pipeline.config import load
    from tests.kubeflow.test_compile import CLUSTER, IMAGE, ROOT
    from tests.kubeflow.test_exit_task import HOOKS

    folder = tmp_path_factory.mktemp("compiled")
    (folder / "cluster.yaml").write_text(CLUSTER + HOOKS)
    compile_pipeline(load(folder / "cluster.yaml"), folder / "pipeline.yaml", IMAGE, ROOT)
    return folder / "pipeline.yaml"
