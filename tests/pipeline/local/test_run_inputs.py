"""What a run begins with, beside its configuration."""

from pipeline.config import load
from pipeline.create import create_pipeline, source_modules
from pipeline.local.run_inputs import MODULES
from pipeline.source_digest import dependencies


def test_the_code_of_every_component_is_in_the_digest(tmp_path):
    config = load(None, (f"workspace={tmp_path}", "tune={enabled: true}"))
    components = create_pipeline(config, tmp_path / "records").components
    needed = {module for component in components for module in source_modules(component)}
    assert "model_code.trainer" in needed
    assert needed <= dependencies(*MODULES)
