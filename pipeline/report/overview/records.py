"""The part of a run's `facts.json` that the page of all runs shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from components.evaluation.measures import gain
from components.evaluation.slices import OVERALL
from data.errors import InputError
from pipeline.report import changes
from pipeline.report.facts.run_summary import RunVerdict
from pipeline.report.page.files import damage
from pipeline.run_folder import FACTS_NAME

Bounded = Annotated[float, Field(ge=-1e6, le=1e6)] | None
"""A gain or a bound of it; a damaged file may hold a number that no chart has room for."""


class _Part(BaseModel):
    """A part of the facts; keys that it does not name are skipped, so that facts of other releases can be read too."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())


class Gain(_Part):
    """The gain over the input on all evaluation images, and its bounds; None where there is no interval."""

    value: Bounded = None
    low: Bounded = None
    high: Bounded = None


class _Metric(Gain):
    name: str
    slice: str = str(OVERALL)


class _SliceGains(_Part):
    name: str
    gain_psnr: Bounded = None
    gain_ssim: Bounded = None


class _Data(_Part):
    source: str
    span: int | None = None
    window: str = ""
    digest: str = ""


class _Model(_Part):
    digest: str = ""


class RunRecord(_Part):
    """What the page shows of a run; the attributes are those of `pipeline.report.facts.run_facts.RunFacts`."""

    started: AwareDatetime
    seconds: Annotated[float, Field(ge=0, le=1e9)]
    verdict: RunVerdict
    sentence: str
    pushed_version: str | None = None
    model_dir: str | None = None
    pairs: int = 0
    quarantined: int = 0
    slices: tuple[_SliceGains, ...] = ()
    metrics: tuple[_Metric, ...] = ()
    data: _Data | None = None
    model: _Model | None = None
    code_version: str = ""
    config_yaml: str = ""

    def gain(self, measure: str) -> Gain | None:
        """Returns the gain on all evaluation images; None where no model was judged.

        Args:
            measure: "psnr" or "ssim".
        """
        overall = str(OVERALL)
        for metric in self.metrics:
            if metric.name == gain(measure) and metric.slice == overall and metric.value is not None:
                return metric
        values = (getattr(part, gain(measure)) for part in self.slices if part.name == overall)
        return next((Gain(value=value) for value in values if value is not None), None)

    @property
    def data_values(self) -> dict[str, str]:
        """The data that the run read, in words; empty where not known."""
        data = self.data
        return changes.data_values(data.source, data.span, data.window, data.digest) if data else {}


def read_record(folder: Path) -> RunRecord:
    """Reads what the page shows of a run.

    Args:
        folder: The run's folder.

    Raises:
        InputError: There are no facts yet, or they are damaged or of a release that is not known here; one line.
    """
    try:
        return RunRecord.model_validate_json((folder / FACTS_NAME).read_bytes())
    except FileNotFoundError as error:
        raise InputError("no facts yet: it is still going, or was killed") from error
    except OSError as error:
        raise InputError(f"{FACTS_NAME} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise InputError(f"{FACTS_NAME} is {damage(error)}") from error
