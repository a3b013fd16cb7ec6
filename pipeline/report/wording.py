"""Puts numbers, units, times and names into words, for the run report, the model card and the console."""

from __future__ import annotations

from components.evaluation.slices import Slice
from components.gate.threshold_result import CHANGES, MET, ThresholdResult
from components.production.properties import NO_PRODUCTION_MODEL
from model_code.known_weights import starter_degradation
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.run_summary import RunVerdict

VERDICT_WORDS: dict[RunVerdict, str] = {
    "pushed": "Pushed",
    "refused": "Model refused",
    "unchanged": "Unchanged",
    "data_refused": "Data refused",
    "data_accepted": "Data accepted",
    "failed": "Failed",
}

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
ABSENT = "\N{EN DASH}"
MOST_DECIMALS = 6

_DECIMALS = {"dB": 2, "pairs": 0, "images": 0, "steps": 0, "scenes": 0, "px": 1, "s": 1, "%": 1, "levels": 2, "ΔE00": 2,
             "MB": 0, "s/MP": 1}  # fmt: skip
_OTHER_DECIMALS = 3
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Names of metrics in words; another name is shown as it is.
_METRICS = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "psnr_y": "PSNR of Y",
    "ssim_y": "SSIM of Y",
    "ms_ssim_y": "MS-SSIM of Y",
    "mae": "Mean absolute error",
    "ciede2000": "Colour error, CIEDE2000",
    "scenes": "Scenes",
    "share_worse": "Images made worse",
    "worst_gain_psnr": "PSNR gain of the worst image",
}
_GAIN, _INPUT = "gain_", "input_"

# Why training ended, by the words of its history; another word is shown as it is.
_TRAINING_ENDS = {
    "completed": "All steps were taken.",
    "plateau": "It stopped early, because validation no longer improved.",
    "diverged": "It was stopped after too many non-finite steps in a row.",
}

SERVING_TIME, SERVING_MEMORY = "serving time", "serving memory"
SERVING = (SERVING_TIME, SERVING_MEMORY)
"""Names of the thresholds that the InfraCheck compares; the others are the gate's."""

HEADLINE = 280
"""Largest number of characters of a headline; the report shows a longer sentence in full below it."""


def metric(name: str) -> str:
    """Returns the name of a metric in words, such as "PSNR gain over the input"."""
    if name.startswith(_GAIN) and name.removeprefix(_GAIN) in _METRICS:
        return f"{_METRICS[name.removeprefix(_GAIN)]} gain over the input"
    if name.startswith(_INPUT) and name.removeprefix(_INPUT) in _METRICS:
        return f"{_METRICS[name.removeprefix(_INPUT)]} of the input"
    if name in CHANGES:
        return f"{metric(CHANGES[name])} against production"
    return _METRICS.get(name, name)


def slice_name(name: Slice | str) -> str:
    """Returns the name of a slice or measurement in words, such as "size class: portrait small"."""
    return str(name).replace("_", " ")


def training_end(stopped: str) -> str:
    """Returns why training ended as a sentence."""
    return _TRAINING_ENDS.get(stopped, f"Stopped: {stopped}.")


def headline(sentence: str) -> str:
    """Returns the sentence, cut where it is too long: an error may have many lines."""
    first, _, more = sentence.strip().partition("\n")
    if len(first) > HEADLINE:
        return first[:HEADLINE].rsplit(" ", 1)[0] + " …"
    return f"{first} …" if more else first


def capitalized(clause: str) -> str:
    """Returns a clause with its first letter in upper case; `str.capitalize` would lower the others."""
    return clause[:1].upper() + clause[1:]


def decimals_of(unit: str) -> int:
    """Returns the number of decimals of a unit: 2 for dB, none for counts, 3 for SSIM and the rest."""
    return _DECIMALS.get(unit, _OTHER_DECIMALS)


def number(value: float | None, decimals: int = 2) -> str:
    """Returns the value with a minus sign (not a hyphen), or a dash where it is None."""
    if value is None:
        return ABSENT
    text = f"{value:,.{decimals}f}".replace(",", NARROW_SPACE)
    return text.replace("-", MINUS) if any(digit in text for digit in "123456789") else text.replace("-", "")


def signed(value: float | None, decimals: int = 2) -> str:
    """Returns the value with its sign, or a dash where it is None; a value that rounds to zero has no sign."""
    text = number(value, decimals)
    positive = value is not None and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if positive else text


def quantity(value: float | str | None, unit: str) -> str:
    """Returns the value with its unit, such as "27.91 dB"; a string is not formatted."""
    text = value if isinstance(value, str) else number(value, decimals_of(unit))
    return text if value is None or not unit else f"{text} {unit}"


def value_and_threshold(result: ThresholdResult) -> tuple[str, str]:
    """Returns value and threshold with enough decimals to differ.

    Otherwise a value of 0.0496 and a threshold of 0.05 would read "0.050, at least 0.050, not met".
    """
    decimals = decimals_of(result.unit)
    judged = result.judged_value
    if judged is not None and judged != result.threshold:
        while decimals < MOST_DECIMALS and number(judged, decimals) == number(result.threshold, decimals):
            decimals += 1
    return number(result.value, decimals), number(result.threshold, decimals)


def power_of_ten(exponent: int) -> str:
    """Returns a power of ten, such as "×10⁻⁴"."""
    return "×10" + str(exponent).translate(_SUPERSCRIPTS)


def scientific(value: float) -> str:
    """Returns the value in scientific notation, such as "4.01×10⁻⁴"; zero is "0"."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return mantissa.replace("-", MINUS) + power_of_ten(int(exponent))


def measured(result: ThresholdResult) -> str:
    """Returns the value of a threshold with its interval, such as "27.91 dB (27.40 to 28.33)", or "not measured"."""
    if result.value is None:
        return "not measured"
    text = value_and_threshold(result)[0]
    interval = interval_of(result.low, result.high, len(text.partition(".")[2]))
    return " ".join(part for part in (text, result.unit, interval) if part)


def interval_of(low: float | None, high: float | None, decimals: int) -> str:
    """Returns an interval in brackets, such as "(27.40 to 28.33)"; empty where there is none."""
    return "" if low is None or high is None else f"({number(low, decimals)} to {number(high, decimals)})"


def mebibytes(amount: int | None) -> str:
    """Returns an amount of memory in bytes as "840 MiB" or "1.93 GiB"."""
    if amount is None:
        return ABSENT
    whole = amount / 2**20
    return f"{number(whole, 0)} MiB" if whole < 1000 else f"{number(whole / 1024, 2)} GiB"


def state_word(result: ThresholdResult) -> str:
    """Returns the verdict on a threshold as a label: "Met", "Not met" or "Too few images"."""
    return result.verdict.capitalize()


def condition(result: ThresholdResult) -> str:
    """Returns the condition of a threshold, such as "at least 1.00 dB" or "lower bound above 0.00 dB"."""
    if result.judged == "high" and result.direction == "at_least":
        # Its upper bound has to reach the threshold: only a clearly lower value fails.
        return " ".join(part for part in ("not clearly below", value_and_threshold(result)[1], result.unit) if part)
    bound = {"mean": "", "low": "lower bound", "high": "upper bound"}[result.judged]
    side = result.direction.replace("_", " ")
    if result.strict:
        side = "above" if result.direction == "at_least" else "below"
    return " ".join(part for part in (bound, side, value_and_threshold(result)[1], result.unit) if part)


def duration(seconds: float | None) -> str:
    """Returns a time in seconds as "0.4 s", "42 s", "6 min 12 s" or "1 h 03 min"."""
    if seconds is None:
        return ABSENT
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(amount: int, one: str, many: str | None = None) -> str:
    """Returns an amount with its noun, such as "1 pair" or "12 pairs"."""
    return f"{number(amount, 0)} {one if amount == 1 else many or one + 's'}"


def met_of(facts: RunFacts) -> str:
    """Returns the number of met thresholds, such as "18 of 22 thresholds met (gate 16 of 20, serving 2 of 2)"."""
    text = f"{len(facts.met)} of {counted(len(facts.thresholds), 'threshold')} met"
    serving = [result for result in facts.thresholds if result.name in SERVING]
    if not serving or len(serving) == len(facts.thresholds):
        return text
    met = sum(result.verdict == MET for result in serving)
    gate = f"{len(facts.met) - met} of {len(facts.thresholds) - len(serving)}"
    return f"{text} (gate {gate}, serving {met} of {len(serving)})"


def parent_model(parent: str | None) -> str:
    """Returns in words the model whose weights training started from: a version, a file or folder, or random weights."""
    if parent is None:
        return "random weights"
    if (degradation := starter_degradation(parent)) is not None:
        return f"the starter weights for {degradation}"
    return f"version {parent}" if parent.isdecimal() else parent


def production_model(version: str) -> str:
    """Returns the production model in words: its version, or the identity baseline where none was pushed yet."""
    return "none (identity baseline)" if version == NO_PRODUCTION_MODEL else f"version {version}"
