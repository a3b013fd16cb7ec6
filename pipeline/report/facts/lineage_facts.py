"""Where a model came from: the data, the steps from data to push, and the log of a run that failed."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import StrictModel


class Artifact(StrictModel):
    """One output of a component, as ML Metadata records it."""

    component: str
    output: str
    type: str
    id: int
    uri: str


class LineageStep(StrictModel):
    """One step from data to push: its title, details by name, and the artifacts that it produced."""

    title: str
    details: dict[str, str] = Field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    reached: bool = True


class DataSource(StrictModel):
    """The data that a run read.

    Attributes:
        source: Name of the data set.
        span: Number of the newest span; None where it is not known.
        window: The spans for training and for evaluation in words; empty where the run read one span.
        superseded: Number of pairs that a newer span of the window replaced.
        digest: SHA-256 of the span's manifest (`data.spans.manifest.Manifest.digest`); empty where not known.
        path: Folder of the records.
        created: Time at which the span was written, ISO 8601.
        rule: How the pairs were converted or drawn, in words.
        drawn: Whether the degradation was drawn by this project, not photographed.
        degradations: Number of pairs by degradation.
        sizes: Number of pairs by size of the clean image, "HEIGHTxWIDTH" in pixels.
        licence: Licence of the images; "unknown" where none is given.
    """

    source: str
    span: int | None = None
    window: str = ""
    superseded: int = 0
    digest: str = ""
    path: str = ""
    created: str = ""
    rule: str = ""
    drawn: bool = False
    degradations: dict[str, int] = Field(default_factory=dict)
    sizes: dict[str, int] = Field(default_factory=dict)
    licence: str = "unknown"


class ModelFacts(StrictModel):
    """The trained model.

    Attributes:
        variant: Name of the network's variant, such as "AST-T".
        parameters: Number of parameters; None where not known.
        digest: SHA-256 of its SavedModel (`components.production.registry.model_digest`).
        parent: The version, or the path of another model, whose weights training started from; None for random weights,
            "unknown" where the history does not say it.
    """

    variant: str
    parameters: int | None = None
    digest: str = ""
    parent: str | None = None


class LogTail(StrictModel):
    """The last lines of a run's log, and the number of lines before them."""

    lines: tuple[str, ...] = ()
    omitted: int = 0
