"""The record of a pushed version, `version.json`. Its folder's name is its number, also where the folder was copied by hand."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

Origin = Literal["run", "rollback", "promotion", "import"]
UNKNOWN = "unknown"
RECORD = "version.json"
MAX_RECORD_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Version:
    """One pushed version.

    Attributes:
        number: Name of the folder: seconds since 1970, or the next free number.
        digest: `registry.model_digest` of the model.
        run_id: Pipeline run that trained the model.
        pushed: Time of the push, UTC, ISO 8601; empty where another tool pushed it.
        origin: Whether a run, a rollback, a promotion or an import published it.
        restores: The version with the same content, for a rollback or a promotion.
        facts: `version_facts` of the Gate's judgement; empty where no Gate judged the model.
        sizes: Bytes of the model's files by name, which tell a half copy; empty in records of earlier releases.
    """

    number: int
    digest: str
    run_id: str
    pushed: str = ""
    origin: Origin = "run"
    restores: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the version record as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Version:
        """Returns the version that `to_json` wrote; fields that a later release added are ignored.

        Args:
            text: The JSON; bytes are UTF-8.

        Raises:
            ValueError: The text is not a version record; the message is one line.
        """
        try:
            record = _Record.model_validate_json(text)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise ValueError(f"not a version record ({where + ': ' if where else ''}{problem['msg'][:100]})") from error
        return cls(**{item.name: getattr(record, item.name) for item in fields(cls)})


def _none_if_empty(value: object) -> object:
    return None if value == {} else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class _Data(_Part):
    source: str
    span: int | str
    sha256: str | None


class _Metric(_Part):
    value: float
    unit: str
    low: float | None
    high: float | None

    @model_validator(mode="after")
    def _require_both_bounds(self) -> _Metric:
        if (self.low is None) != (self.high is None):
            raise ValueError("one bound of an interval is missing")
        return self


class _Verdict(_Part):
    blessed: bool
    met: int
    not_met: int
    too_few_images: int


class _Facts(_Part):
    data: Annotated[_Data | None, BeforeValidator(_none_if_empty)] = None
    code: str | None = None
    parent: str | None = None
    compared_with: str | None = None
    images: int | None = None
    scenes: int | None = None
    metrics: dict[str, _Metric] = {}
    verdict: Annotated[_Verdict | None, BeforeValidator(_none_if_empty)] = None


def _checked_facts(facts: object) -> object:
    """Returns the facts as they are; raises where a table could not show them."""
    _Facts.model_validate(facts)
    return facts


class _Record(BaseModel):
    """The form of a version record."""

    model_config = ConfigDict(extra="ignore")

    number: int
    digest: str
    run_id: str
    pushed: str = ""
    origin: Origin = "run"
    restores: int | None = None
    facts: Annotated[dict[str, Any], BeforeValidator(_checked_facts)] = {}
    sizes: dict[str, int] = {}
