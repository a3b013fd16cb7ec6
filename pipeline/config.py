"""The configuration: one typed tree, read from YAML, that refuses what it does not know."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from components.gate.settings import GateSettings
from components.infra_check.settings import InfraSettings
from components.pair_validator.settings import PairSettings
from data.errors import InputError
from data.strict_model import StrictModel
from data.synthesis.settings import SynthesisSettings
from kubeflow.settings import KubeflowSettings
from model_code.settings import ModelSettings, PreprocessSettings, TrainSettings
from model_code.tuning.search_settings import TuneSettings
from model_code.tuning.search_space import require_sound
from pipeline import beam_options
from pipeline.report.run_folder import REPORTS

CONFIGS = Path(__file__).parent / "configs"
DEFAULT_CONFIG = CONFIGS / "demo.yaml"


class DataSettings(StrictModel):
    """Where the paired records are."""

    records: Path | None = Field(
        None,
        description="Folder that holds span-N/ as `ast-restore data convert` writes it, relative to where the command runs; "
        "without one, `synthesis` makes the data in the workspace.",
    )
    window: int = Field(
        1,
        ge=1,
        description="So many of the newest spans are learnt from, as one set; each pair once, as the newest has it.",
    )
    evaluation: int | Literal["rolling"] = Field(
        "rolling",
        description="rolling: the spans of the window judge too; a number: that span alone judges every model, so that "
        "figures of different nights can be compared.",
    )
    licence: str | None = Field(
        None,
        description="Licence of the images, for the model card; null: that of the embedded photographs, else unknown.",
    )
    synthesis: SynthesisSettings = Field(default_factory=SynthesisSettings)


class ReportSettings(StrictModel):
    """The page of a run."""

    examples_per_severity: int = Field(
        2, ge=0, le=20, description="Evaluation images shown per severity: enough to judge by eye, few enough to open."
    )


class NotifySettings(StrictModel):
    """Who is told how a run ended; each gets the content of run.json. A hook that fails never fails the run."""

    webhook: str | None = Field(
        None,
        pattern=r"^https?://",
        description="URL that the JSON is posted to; for one with a secret, webhook_variable.",
    )
    webhook_variable: str | None = Field(
        None, description="Name of the environment variable that holds the URL, so that no secret stands in a file."
    )
    command: tuple[str, ...] = Field(
        (), description="Program and arguments, run without a shell; the JSON comes on its standard input."
    )
    timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="For each of them: a run must not wait for its hooks."
    )


class Config(StrictModel):
    """Everything a run depends on."""

    name: str = Field("ast_restoration", pattern=r"^[a-z][a-z0-9_]*$", description="The pipeline's name.")
    workspace: Path = Field(
        Path("workspace"), description="Folder for all that a run writes, relative to where the command runs."
    )
    push_directory: Path | None = Field(
        None, description="Where models are pushed, one numbered folder each; null: models/ in the workspace."
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
    report: ReportSettings = Field(default_factory=ReportSettings)
    kubeflow: KubeflowSettings = Field(default_factory=KubeflowSettings)
    beam: list[str] = Field(
        default_factory=lambda: list(beam_options.IN_MEMORY),
        description="Arguments of the Beam pipeline of every component; docs/operate/beam.md has some for each engine.",
    )

    @field_validator("beam")
    @classmethod
    def _beam_knows_its_options(cls, arguments: list[str]) -> list[str]:
        return beam_options.checked(arguments)

    @model_validator(mode="after")
    def _make_paths_absolute(self) -> Config:
        # A run is described by its resolved config wherever it is read again, so no path may depend on a working directory.
        object.__setattr__(self, "workspace", self.workspace.expanduser().absolute())
        object.__setattr__(self, "push_directory", (self.push_directory or self.workspace / "models").absolute())
        for section, name in ((self.data, "records"), (self.data.synthesis, "photos")):
            if getattr(section, name) is not None:
                object.__setattr__(section, name, getattr(section, name).expanduser().absolute())
        object.__setattr__(self, "train", self.train.with_absolute_paths())
        return self

    @model_validator(mode="after")
    def _what_is_tried_can_be_built(self) -> Config:
        if self.tune.enabled:
            require_sound(self.model, self.train, self.tune)
        return self

    @property
    def pipeline_root(self) -> Path:
        """Folder of TFX's artifacts."""
        return self.workspace / "pipeline"

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file."""
        return self.workspace / "metadata" / "metadata.sqlite"

    @property
    def models(self) -> Path:
        """The push destination."""
        return self.push_directory or self.workspace / "models"

    @property
    def reports(self) -> Path:
        """Folder of the runs' pages."""
        return self.workspace / REPORTS

    def accepted_statistics(self, records_directory: Path) -> Path:
        """Returns the folder of the statistics of the spans of a data set that were accepted, kept across runs.

        Args:
            records_directory: Folder of the data set's spans; another data set is not compared with this one.
        """
        digest = hashlib.sha256(str(records_directory.absolute()).encode()).hexdigest()[:12]
        return self.workspace / "statistics" / f"{records_directory.name}-{digest}"

    def to_yaml(self) -> str:
        """Returns the resolved tree as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load(path: Path | None = None, overrides: tuple[str, ...] = ()) -> Config:
    """Reads a configuration.

    Args:
        path: A YAML file, or the name of one that the project ships (`demo`); None means the embedded default.
        overrides: `key.path=value` pairs that replace values of the file; values are YAML.

    Raises:
        InputError: The file is missing or no YAML, a key is unknown, or a value does not fit.
    """
    file = _find(path)
    tree = _read(file)
    for override in overrides:
        _apply(tree, override)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise InputError(f"{file}: {_explain(error)}") from error


def _find(path: Path | None) -> Path:
    if path is None:
        return DEFAULT_CONFIG
    shipped = CONFIGS / f"{path}.yaml"
    if not path.exists() and path.name == str(path) and shipped.exists():
        return shipped
    return path


def _read(file: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(sorted(path.stem for path in CONFIGS.glob("*.yaml")))
        raise InputError(f"{file}: {error.strerror}; give a YAML file or one of: {names}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not YAML: {' '.join(str(error).split())}") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise InputError(f"{file}: expected `key: value` lines, found a {type(tree).__name__}")
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    keys, separator, text = override.partition("=")
    *parents, last = keys.strip().split(".")
    if not separator or not last:
        raise InputError(f"--set {override}: expected key.path=value, such as train.seed=2")
    for key in parents:
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            raise InputError(f"--set {override}: {key} is a value, it has no keys below it")
        tree = below
    try:
        tree[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"--set {override}: the value is not YAML") from error


def _explain(error: ValidationError) -> str:
    """Turns pydantic's report into one line that names each key."""
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            problems.append(f"unknown key {key}{_suggestion(problem['loc'])}")
        else:
            problems.append(f"{key}: {problem['msg'][0].lower()}{problem['msg'][1:]} (got {problem['input']!r})")
    return "; ".join(problems)


def _suggestion(location: tuple[int | str, ...]) -> str:
    """Names the key that was probably meant, by the model that holds it."""
    model: Any = Config
    for part in location[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    names = list(getattr(model, "model_fields", {}))
    close = difflib.get_close_matches(str(location[-1]), names, n=1)
    if close:
        return f" (did you mean {close[0]}?)"
    return f" (known: {', '.join(names)})" if names else ""
