"""Makes docs/pair-faults.md from the registered kinds of faults and of valid variation."""

from __future__ import annotations

from docs.generate.markdown import GENERATED, code, table
from pipeline.benchmarks.pair_faults.kinds import Kind, faults, variations
from pipeline.benchmarks.support.pair_sets import PUBLISHED

_INTRODUCTION = """
# Benchmark of pair checks

`python -m pipeline.benchmarks.pair_faults` answers two questions about the checks on pairs of images: which faults of a
pair do they find, and which correct pairs do they reject? It draws {faults} kinds of faults and {variations} of valid
variation at graded strengths on *true* pairs, and measures and judges each drawn set as `ast-restore data check` does.
Every call, on any machine, draws the same pairs.

```sh
python -m pipeline.benchmarks.pair_faults --page out                  # rain, haze and drops on the project's photographs
python -m pipeline.benchmarks.pair_faults my-pairs --layout same-name --page out
python -m pipeline.benchmarks.pair_faults --sets-root sets --leave-one-out --json result.json --page out
python -m pipeline.benchmarks.pair_faults --photographs PHOTOS --no-drawn --limit 0 --kinds "as published"   # false alarms
```

`pair_faults --sets-root` reads published sets, each in a folder of its name: {published}. `pair_faults --measurements DIR`
keeps the measurements, so that a changed threshold or rule is judged again in seconds.

`pair_faults --photographs PHOTOS` draws haze, rain, drops and varied rain at three severities on crops of any clean
photographs. By default it takes the *held* half of them, on which no threshold was chosen; `pair_faults --half chosen`
takes the other half. The hash of a photograph's name decides its half. Photographs that a `SOURCES.csv` marks as hazy are
left out. `python -m pipeline.benchmarks.starter.photographs PHOTOS` fetches 149 free photographs.

## How it counts

- A pair is **flagged** if it has a reason about the pair itself. `duplicate` and `leak` are about several pairs, and
  published sets have true duplicates, so these two codes count only for the kinds that are about them. A pair is **named**
  if one of the codes in the table is among its reasons.
- **Recall** is the mean over kinds, each kind once, of the flagged share over its strengths. **False alarms** are the
  flagged share of all pairs with valid variation, pairs as published included.
- Strengths marked * are reported and not counted: they are very weak, or it is debatable whether they are faults.
- A shift, turn or warp is resampled with an 8x8 Lanczos kernel, and both images are cut to the largest upright rectangle
  that needs no pixel beyond the border, so that no border gives a fault away. The place and direction of a fault are drawn
  once for each pair and kind, and are the same at every strength.
- Some kinds change a part of a set only: the other pairs are left as published, and the set is judged as a whole.
- `pair_faults --leave-one-out` chooses thresholds on all sets but one and reports them on that one. Sets that show the same
  scenes are left out together (`pipeline/benchmarks/pair_faults/leave_one_out.py`). The choice uses one strength of each
  kind, the report all of them.

[Benchmarks](benchmarks.md#pair-checks) has the figures. A new kind is one function with a decorator and one sentence in
`pipeline/benchmarks/pair_faults/kinds/`; this page and the tests then include it. To cite the benchmark, cite the project
(`CITATION.cff`) with its version and the command.
"""


def page() -> str:
    """Returns the page: how to run the benchmark, and one table each for faults and valid variation."""
    names = ", ".join(code(name) for name in PUBLISHED)
    introduction = _INTRODUCTION.format(faults=len(faults()), variations=len(variations()), published=names)
    header = ("kind", "what it is", "strengths", "named by")
    valid = [row[:3] for row in map(_row, variations())]
    return (
        f"{GENERATED}{introduction}\n## Faults\n\n{table(header, map(_row, faults()))}"
        f"\n## Valid variation\n\nPairs with these must pass.\n\n{table(header[:3], valid)}"
    )


def _row(kind: Kind) -> tuple[str, str, str, str]:
    strengths = ", ".join(f"{strength:g}{'' if strength in kind.strengths else '*'}" for strength in kind.all_strengths)
    graded = f"{strengths} {kind.unit}" if kind.unit else ""
    return kind.name, kind.sentence, graded, ", ".join(code(name) for name in sorted(kind.codes))
