from __future__ import annotations

import io

from model_code.training.records.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO, seconds_per_step: float) -> str:
    now = [0.0]
    progress = ProgressLine(100, stream, clock=lambda: now[0])
    for step in range(1, 101):
        now[0] += seconds_per_step
        if step == 60:
            progress.set_gain(3.456)
        progress.update(step, 0.05, patches=8 * step)
    progress.close()
    return stream.getvalue()


def test_a_log_gets_a_line_every_few_seconds_and_a_last_one() -> None:
    text = lines(io.StringIO(), 1.0)
    assert len(text.splitlines()) == 7
    assert text.splitlines()[0] == "training 15/100  loss 0.0500  gain -  8.0 images/s  1:25 left"
    assert text.splitlines()[-1] == "training 100/100  loss 0.0500  gain +3.46 dB  8.0 images/s  0:00 left"


def test_a_terminal_gets_one_rewritten_line() -> None:
    text = lines(Terminal(), 1.0)
    assert text.count("\n") == 1
    assert text.count("\r") == 100


def test_a_short_training_writes_its_last_step() -> None:
    assert lines(io.StringIO(), 0.0001).startswith("training 100/100")
