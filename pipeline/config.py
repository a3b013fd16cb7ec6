"""The configuration: one typed tree, read from YAML; unknown keys are errors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_serializer, field_validator, model_validator

from components.gate.settings import GateSettings
from components.infra_check.settings import InfraSettings
from components.pair_validator.settings import PairSettings
from data.errors import InputError
from data.storage.foreign_files import read_stream
from data.storage.paths import File, Folder
from data.strict_model import PositiveCount, StrictModel, VariableName, rename_keys
from data.synthesis.settings import SynthesisSettings
from kubeflow.settings import KubeflowSettings
from model_code.network.settings import ModelSettings
from model_code.preprocess_settings import PreprocessSettings
from model_code.settings import TrainSettings
from model_code.tuning.search_settings import TuneSettings
from model_code.tuning.search_space import require_sound
from pipeline.config_reading import strict_yaml
from pipeline.config_reading.explain import explain, require_finite, without_secret
from pipeline.config_sections import beam_options
from pipeline.config_sections.mlflow_settings import MlflowSettings
from pipeline.run_folder import CONFIG_NAME, REPORTS
from pipeline.webhook import masked
from pipeline.workspace import WORKSPACE, metadata_in, models_in, pipeline_in

CONFIGS = Path(__file__).parent / "configs"
DEFAULT_CONFIG = CONFIGS / "demo.yaml"
_MAX_BYTES = 4 * strict_yaml.MAX_CHARACTERS  # UTF-8 takes no more


SpanNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""Number of a span; it may be a time in nanoseconds."""


class DataSettings(StrictModel):
    """The data: converted records, or synthetic pairs."""

    records: Folder | None = Field(
        None,
        description="Folder of span-N/ folders, as `ast-restore data convert` writes them, relative to the working directory; "
        "null: pairs are synthesized in the workspace as `synthesis` says.",
    )
    window: PositiveCount = Field(
        1,
        description="Number of newest spans to train on, as one set; of a pair in several spans, the newest version counts. "
        "One span suffices until data arrives in several.",
    )
    evaluation: SpanNumber | Literal["rolling"] = Field(
        "rolling",
        description="Spans that models are evaluated on. rolling: those of the window, which resemble the newest data; "
        "a number: that span alone, so that metrics of different runs can be compared.",
    )
    licence: str | None = Field(
        None,
        description="Licence of the images, for the model card; null: that of the project's photographs, else unknown.",
    )
    synthesis: SynthesisSettings = Field(default_factory=SynthesisSettings)


class ReportSettings(StrictModel):
    """The run report."""

    examples_per_severity: int = Field(
        2,
        ge=0,
        le=20,
        description="Evaluation images shown per severity; two show a difference and keep the report's file small.",
    )


class NotifySettings(StrictModel):
    """Hooks that get the content of run.json when a run has ended. A failing hook does not change the verdict."""

    webhook: str | None = Field(
        None,
        pattern=r"^https?://",
        repr=False,
        description="URL that the JSON is posted to; null: none. Only its host is written anywhere. Use webhook_variable for a "
        "URL with a secret, also because other users of the machine can read arguments of programs.",
    )
    webhook_variable: VariableName | None = Field(
        None, description="Environment variable that holds the URL, which keeps a secret out of files; null: none."
    )
    command: tuple[str, ...] = Field(
        (), description="Program and arguments, run without a shell, with the JSON on standard input; empty: none."
    )
    timeout_seconds: float = Field(
        10.0,
        gt=0,
        le=600,
        description="Time limit of each hook in seconds; short, because the run waits for its hooks.",
    )

    @property
    def is_wanted(self) -> bool:
        """Whether there is a hook."""
        return bool(self.webhook or self.webhook_variable or self.command)

    @field_serializer("webhook")
    def _mask(self, url: str | None) -> str | None:
        return masked(url)


class Config(StrictModel):
    """The whole configuration of a run."""

    name: str = Field(
        "ast_restoration", pattern=r"^[a-z][a-z0-9_]*$", description="Name of the pipeline in ML Metadata."
    )
    workspace: Folder = Field(
        WORKSPACE,
        validate_default=True,
        description="Folder for everything that a run writes, relative to the working directory.",
    )
    push_directory: Folder | None = Field(
        None, description="Push destination, one numbered folder per version; null: models/ in the workspace."
    )
    signing_key: File | None = Field(
        None,
        description="PEM file of the private key that pushed models are signed with, by the program `model_signing`; null: "
        "they are not signed. docs/operate/production.md says how to make one.",
    )
    data: DataSettings = Field(default_factory=DataSettings)
    pairs: PairSettings = Field(default_factory=PairSettings)
    transform: PreprocessSettings = Field(default_factory=PreprocessSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    train: TrainSettings = Field(default_factory=TrainSettings)
    tune: TuneSettings = Field(default_factory=TuneSettings)
    gate: GateSettings = Field(default_factory=GateSettings)
    infra: InfraSettings = Field(default_factory=InfraSettings)
    notify: NotifySettings = Field(default_factory=NotifySettings)
    mlflow: MlflowSettings = Field(default_factory=MlflowSettings)
    report: ReportSettings = Field(default_factory=ReportSettings)
    kubeflow: KubeflowSettings = Field(default_factory=KubeflowSettings)
    beam: list[str] = Field(
        default_factory=lambda: list(beam_options.IN_MEMORY),
        description="Beam's options for every Beam component; docs/operate/beam.md has examples for each runner. The "
        "default runs in this process, which starts fastest and suffices for data of one machine.",
    )

    @field_validator("beam")
    @classmethod
    def _check_beam_options(cls, arguments: list[str]) -> list[str]:
        return beam_options.check_options(arguments)

    @model_validator(mode="after")
    def _name_the_push_destination(self) -> Config:
        object.__setattr__(self, "push_directory", self.push_directory or models_in(self.workspace))
        return self

    @model_validator(mode="after")
    def _require_sound_search(self) -> Config:
        if self.tune.enabled:
            require_sound(self.model, self.train, self.tune)
        return self

    @property
    def pipeline_root(self) -> Path:
        """Folder of TFX's artifacts."""
        return pipeline_in(self.workspace)

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file."""
        return metadata_in(self.workspace)

    @property
    def models(self) -> Path:
        """The push destination."""
        return self.push_directory or models_in(self.workspace)

    @property
    def reports(self) -> Path:
        """Folder of the run reports."""
        return self.workspace / REPORTS

    def accepted_statistics(self, records_directory: Path) -> Path:
        """Returns the folder of a data set's accepted statistics, which later runs compare new spans with.

        Args:
            records_directory: Folder of the data set's spans; each data set has a folder of its own.
        """
        digest = hashlib.sha256(str(records_directory.absolute()).encode()).hexdigest()[:12]
        return self.workspace / "statistics" / f"{records_directory.name}-{digest}"

    def to_yaml(self) -> str:
        """Returns the resolved configuration as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load(path: Path | None = None, overrides: tuple[str, ...] = ()) -> Config:
    """Reads a configuration.

    Args:
        path: A YAML file, or the name of a configuration that the project ships; None: `demo`.
        overrides: `key.path=value` pairs that replace values of the file; values are YAML.

    Returns:
        The resolved configuration, with absolute paths.

    Raises:
        InputError: The file is missing or not YAML, a key is unknown, or a value is invalid.
    """
    file = _config_file(path)
    tree = _read(file)
    for override in overrides:
        _replace_value(tree, override)
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise InputError(explain(error, Config, str(file), overrides)) from error
    require_finite(config, str(file), overrides)
    return config


def stored(folder: Path) -> dict[str, Any]:
    """Returns the configuration that a run left in its folder, as plain values; keys may have changed since.

    Args:
        folder: The run's folder.

    Raises:
        InputError: The file is missing or damaged.
    """
    return _read(folder / CONFIG_NAME)


def _config_file(path: Path | None) -> Path:
    if path is None:
        return DEFAULT_CONFIG
    shipped = CONFIGS / f"{path}.yaml"
    if not path.exists() and path.name == str(path) and shipped.exists():
        return shipped
    return path


def _read(file: Path) -> dict[str, Any]:
    try:
        tree = strict_yaml.read(read_stream(file, _MAX_BYTES).decode("utf-8-sig"))
    except OSError as error:
        names = ", ".join(sorted(path.stem for path in CONFIGS.glob("*.yaml")))
        raise InputError(f"{file}: {error.strerror}; give a YAML file or one of: {names}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not YAML in UTF-8: {error.reason} at byte {error.start}") from error
    except strict_yaml.StrictYamlError as error:
        raise InputError(f"{file}: not YAML that can be read: {error}") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise InputError(f"{file}: expected `key: value` lines, not a {type(tree).__name__}")
    return _with_new_names(tree, str(file))


def _with_new_names(tree: dict[str, Any], source: str) -> dict[str, Any]:
    try:
        return rename_keys(Config, tree)
    except ValueError as error:
        raise InputError(f"{source}: {error}") from error


def _replace_value(tree: dict[str, Any], override: str) -> None:
    path, separator, text = override.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise InputError(f"--set {without_secret(override)}: expected key.path=value, such as train.seed=2")
    try:
        nested: Any = strict_yaml.read(text)
    except strict_yaml.StrictYamlError as error:
        raise InputError(
            f"--set {without_secret(override)}: the value is not YAML that can be read: {error}"
        ) from error
    for key in reversed(keys):
        nested = {key: nested}
    nested = _with_new_names(nested, f"--set {without_secret(override)}")
    for _ in keys[:-1]:
        ((key, nested),) = nested.items()
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            raise InputError(f"--set {without_secret(override)}: {key} is a single value and has no keys below it")
        tree = below
    tree.update(nested)
