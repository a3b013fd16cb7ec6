"""What of a run is exported, from its folder alone."""

import pytest

from components.production import changes, registry
from data.errors import InputError
from pipeline.tracking.content import content_of
from pipeline.tracking.exchange import CONTENT_TAG

RUN = "20261122-201407"


def _content(workspace):
    return content_of(workspace.config.reports / RUN, workspace.config.models)


def test_the_digest_of_the_content_changes_with_every_file(workspace):
    folder = workspace.run(RUN, "refused")
    before = _content(workspace)[0].tags[CONTENT_TAG]
    assert _content(workspace)[0].tags[CONTENT_TAG] == before
    (folder / "model_card.md").write_text("another")
    assert _content(workspace)[0].tags[CONTENT_TAG] != before


def test_names_of_metrics_are_those_that_mlflow_takes(workspace):
    workspace.run(RUN, "refused")
    names = [point.key for point in _content(workspace)[0].metrics]
    assert len(names) > 1000
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz_0123456789./: -") for name in names)


def test_a_removed_version_has_no_model_and_a_restored_one_has(workspace):
    workspace.run(RUN, factor=3.0)
    pushed = registry.production(workspace.config.models)
    workspace.push("another", 4.0)
    changes.rollback(workspace.config.models, pushed.number, "")
    with registry.locked(workspace.config.models):
        registry.remove(workspace.config.models, pushed.number)
    content, problem = _content(workspace)
    assert problem is None
    assert content.model.digest == pushed.digest
    assert content.model.folder.endswith(str(registry.production(workspace.config.models).number))
    with registry.locked(workspace.config.models):
        registry.remove(workspace.config.models, registry.production(workspace.config.models).number)
    content, problem = _content(workspace)
    assert content.model is None
    assert (
        problem
        == f"version {pushed.number} is not in {workspace.config.models} any more, so its model is not registered"
    )


def test_a_changed_version_is_not_registered(workspace):
    workspace.run(RUN, factor=3.0)
    number = registry.production(workspace.config.models).number
    shard = workspace.config.models / str(number) / "variables" / "variables.data-00000-of-00001"
    shard.write_bytes(bytes(byte ^ 1 for byte in shard.read_bytes()))
    content, problem = _content(workspace)
    assert content.model is None
    assert problem.endswith("was changed since its push, so it is not registered")


def test_a_run_without_facts_is_refused_in_one_line(workspace):
    folder = workspace.run(RUN, "failed")
    (folder / "facts.json").write_text("{")
    with pytest.raises(InputError, match=r"facts\.json: cannot be read"):
        _content(workspace)
    (folder / "facts.json").unlink()
    with pytest.raises(InputError, match=rf"no facts\.json in it; `ast-restore report {RUN}` writes it"):
        _content(workspace)
