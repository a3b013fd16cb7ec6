"""Where a model came from: the span, the stations on the way to the push, and what the log said where it ended early."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import StrictModel


class Artifact(StrictModel):
    """One output of a component, as ML Metadata knows it."""

    component: str
    output: str
    type: str
    id: int
    uri: str


class LineageStep(StrictModel):
    """One station on the way from data to push: what it is, facts by name, and the artifacts that came out of it."""

    title: str
    details: dict[str, str] = Field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    reached: bool = True


class DataSource(StrictModel):
    """The span that a run read.

    Attributes:
        source: Name of the data set.
        span: Its number; None where it is not known.
        window: All spans that were learnt from and that judged, in words, where it was not this one alone.
        superseded: Pairs that a newer span of the window has replaced.
        digest: SHA-256 of what the span says of itself (`data.spans.manifest.Manifest.digest`); empty where not known.
        path: Folder of the records.
        created: When the span was written, ISO 8601.
        rule: How its pairs were found, or drawn.
        drawn: Whether the degradation was drawn by this project, not photographed.
        degradations: Pairs by degradation.
        sizes: Pairs by the clean image's size, "HEIGHTxWIDTH".
        licence: Licence of the images, "unknown" where nobody said.
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
    """The judged model.

    Attributes:
        variant: Its name, such as "AST-T".
        parameters: How many it has; None where not known.
        digest: SHA-256 of its SavedModel (`components.production.registry.model_digest`).
        parent: The model whose weights it started from; None where it started from none.
    """

    variant: str
    parameters: int | None = None
    digest: str = ""
    parent: str | None = None


class LogTail(StrictModel):
    """The last lines of a run's log, and how many came before them."""

    lines: tuple[str, ...] = ()
    omitted: int = 0
