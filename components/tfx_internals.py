"""TFX's names that `tfx.v1` does not offer: each once, with the reason it is needed and when it can go.

Checked on TFX 1.16 and 1.21, which both have all of them at these paths. `from tfx import v1` loads every one of these
modules, so that importing them from here costs no time; a module that must start quickly imports neither.
"""

from __future__ import annotations

# Names of the files and properties of a model's blessing, which the Gate writes and TFX's Pusher reads. They can go when the
# names are part of `tfx.v1` or of the ModelBlessing type.
from tfx.components.evaluator import constants as blessing_names

# The Evaluator without its component, of which ours is a kind. It can go when `tfx.v1` offers executors.
from tfx.components.evaluator.executor import Executor as EvaluatorExecutor

# Base of our Pusher: it reads blessings and model paths, and marks the pushed model (`CheckBlessing`, `GetModelPath`,
# `_MarkPushed`, `_MarkNotPushed`). It can go when TFX's Pusher takes an executor's parts by composition.
from tfx.components.pusher.executor import Executor as TfxPusherExecutor

# The name of the file of a split's statistics, and the StatisticsGen without its component, of which ours is a kind. They can
# go when `tfx.v1` has them.
from tfx.components.statistics_gen.executor import DEFAULT_FILE_NAME as STATISTICS_FILE
from tfx.components.statistics_gen.executor import Executor as StatisticsGenExecutor

# Bases of executors: one that runs Beam with the arguments of the run (`_make_beam_pipeline`), one that does not. They can go
# when `tfx.v1` has them; `tfx.v1.dsl.experimental` offers function components only.
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor

# The base of every component, for `keep_module_file`. It can go with that.
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor

# The way in which a component names its executor. They can go together with the bases.
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec, ExecutorClassSpec

# Holds the class through which the local runner runs each component; it is replaced to see a component begin and end. It can
# go when the runner offers a hook for that.
from tfx.orchestration.portable import launcher

# The only way to choose a local run's id, which names its report: the runner would take the time of day with colons in it. It
# can go when LocalDagRunner.run takes runtime parameters.
from tfx.orchestration.portable.runtime_parameter_utils import substitute_runtime_parameter

# Names and folders of an Examples artifact's splits. They can go when `tfx.v1` has them.
from tfx.types.artifact_utils import decode_split_names, encode_split_names, get_split_uri

# A component's inputs, outputs and parameters: `tfx.v1.types` has the base classes of components, not of their specs. They can
# go when it does.
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

# Adds the package of TFX to the arguments of Beam; a test asserts that a local run packs none. It can go when TFX packs none
# for local runners.
from tfx.utils import dependency_utils

__all__ = [
    "BaseBeamExecutor",
    "BaseComponent",
    "BaseExecutor",
    "BeamExecutorSpec",
    "ChannelParameter",
    "ComponentSpec",
    "EvaluatorExecutor",
    "ExecutionParameter",
    "ExecutorClassSpec",
    "STATISTICS_FILE",
    "StatisticsGenExecutor",
    "TfxPusherExecutor",
    "blessing_names",
    "decode_split_names",
    "dependency_utils",
    "encode_split_names",
    "get_split_uri",
    "keep_module_file",
    "launcher",
    "substitute_runtime_parameter",
]


def keep_module_file(component: BaseComponent) -> None:
    """Keeps TFX from packing a component's `module_file` into a wheel, which takes seconds in each run.

    The wheel would hold the module alone; the rest of the project has to be installed where the component runs anyway, and
    the digest of the sources (`pipeline.source_digest`) does for the cache what the wheel's version did. It can go when TFX
    packs no file of a package that is installed.

    Args:
        component: A component; one without a `module_file` is left as it is.
    """
    component._pip_dependencies.clear()
