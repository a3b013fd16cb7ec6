"""The summary of a run: what `run.json` holds for scripts, hooks and the list of runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

RunVerdict = Literal["pushed", "refused", "unchanged", "data_refused", "data_accepted", "failed"]
"""How a run ended; "data_accepted" is the state of a run that has yet to train."""


class RunSummary(BaseModel):
    """The content of `run.json`: one value a key, null where the run has none. Keys of later versions are skipped.

    Attributes:
        run_id: Name of the run.
        verdict: How it ended.
        sentence: The verdict in one sentence.
        reason: Why the run was started; null where nobody said so.
        gain_psnr: PSNR gain over all evaluation images, dB.
        gain_ssim: SSIM gain, likewise.
        psnr: PSNR of the restored images, dB.
        ssim: SSIM of the restored images.
        pairs: Number of pairs that the run read.
        quarantined: Number of quarantined pairs.
        pushed_version: The version that the run pushed.
        model_dir: Folder of the production model after the run.
        seconds: Time that the run took.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    run_id: str
    verdict: RunVerdict
    sentence: str
    reason: str | None = None
    gain_psnr: float | None
    gain_ssim: float | None
    psnr: float | None
    ssim: float | None
    pairs: int
    quarantined: int
    pushed_version: str | None
    model_dir: str | None
    seconds: float
