"""The commands of the README and of the pages that it leads to, run as they stand there, in a fresh copy of the project."""

import json
import re
import shlex
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos

pytestmark = pytest.mark.long(minutes=1)

ROOT = Path(__file__).resolve().parents[1]
# What makes the long command on real data short: the command is what is tested here, not what it learns.
SHORT = "--set 'train.stages=[{patch: 32, batch: 2, steps: 2, learning_rate: 0.0001}]' --set gate.min_gain_psnr=-99 "
SHORT += "--set gate.min_gain_ssim=-2 --set gate.min_slice_gain_psnr=-99 --set gate.min_psnr=0 --set gate.min_ssim=-1 "
SHORT += "--set gate.tolerance_psnr=99 --set gate.tolerance_ssim=2 --set gate.max_share_worse=1 --set gate.min_scenes=1"


README = "README.md"
EXAMPLE = "docs/examples.md"


def _blocks(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def _commands(page):
    lines = "".join(_blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [line.split(" #")[0].strip() for line in lines if line.strip()]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the tracked files: no environment, no workspace, no caches."""
    copy = tmp_path_factory.mktemp("fresh") / "project"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
        (copy / name).chmod((ROOT / name).stat().st_mode)
    return copy


def _run(project, command, more=""):
    words = shlex.split(f"{command} {more}")
    if words[0] == "ast-restore":
        words[0] = ".venv/bin/ast-restore"
    return subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=1500, check=False)


def _command(start, page=README):
    return next(command for command in _commands(page) if command.startswith(start))


@pytest.fixture(scope="module")
def pushed(project):
    """`make run`, from nothing."""
    done = _run(project, _command("make run"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def test_make_run_pushes_a_model_that_restores(pushed, project):
    (report,) = (project / "workspace" / "reports").glob("*/run.json")
    run = json.loads(report.read_text())
    assert run["verdict"] == "pushed"
    assert run["gain_psnr"] >= 3.0
    assert run["gain_ssim"] >= 0.05
    assert (Path(run["model_dir"]) / "saved_model.pb").is_file()
    for expected in ("light", "medium", "heavy", run["model_dir"], "index.html"):
        assert expected in "".join(pushed.stdout.split())


@pytest.mark.usefixtures("pushed")
def test_a_second_call_sets_nothing_up(project):
    done = subprocess.run(["make", "--dry-run", "run"], cwd=project, capture_output=True, text=True, check=True)
    assert "setup.sh" not in done.stdout


@pytest.mark.usefixtures("pushed")
def test_the_pushed_version_is_listed(project):
    done = _run(project, _command(".venv/bin/ast-restore models list", "docs/operate/production.md"))
    assert done.returncode == 0, done.stderr
    assert "in production" in done.stdout


@pytest.mark.usefixtures("pushed")
def test_images_are_restored(project):
    (project / "folder" / "deeper").mkdir(parents=True)
    photo = cv2.imread(str(embedded_photos() / "chelsea.jpg"))
    cv2.imwrite(str(project / "photo.jpg"), photo[:201, :333])
    cv2.imwrite(str(project / "folder" / "deeper" / "small.png"), photo[:17, :23])
    (project / "folder" / "broken.png").write_text("no image")
    done = _run(project, _command(".venv/bin/ast-restore restore"))
    assert done.returncode == 2
    assert "broken.png" in done.stderr
    assert cv2.imread(str(project / "restored" / "photo.jpg")).shape == (201, 333, 3)
    assert cv2.imread(str(project / "restored" / "deeper" / "small.png")).shape == (17, 23, 3)


def _pairs(count):
    """Yields clean and rainy pictures of as many scenes."""
    for number, photo in enumerate(sorted(embedded_photos().glob("*.jpg"))[:count]):
        clean = cv2.imread(str(photo))[60:220, 60:260, ::-1]
        yield number, clean, add_rain(clean, draw_rain("medium", generator(number)), number)


@pytest.mark.usefixtures("pushed")
def test_published_sets_are_checked_and_converted(project):
    for number, clean, rainy in _pairs(8):
        for folder, image in (("input", rainy), ("target", clean)):
            (project / "Rain100L" / folder).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(project / "Rain100L" / folder / f"{number}.png"), image[..., ::-1])
        side_by_side = project / "Rain800" / "rain" / ("training" if number % 2 else "test_syn")
        side_by_side.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(side_by_side / f"{number}.jpg"), np.hstack([clean, rainy])[..., ::-1])
    conversions = [command for command in _commands("docs/train/data.md") if " data convert " in command]
    assert len(conversions) == 3
    for command in conversions:
        done = _run(project, command)
        assert done.returncode == 0, done.stderr
    done = _run(project, _command("ast-restore data check", "docs/train/pairs.md"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "pairs-report" / "index.html").is_file()
    assert len((project / "verdicts.jsonl").read_text().splitlines()) == 8
    run = _command("ast-restore run --config real", "docs/train/data.md")
    assert f".venv/bin/{run.replace('rain800', 'mine')}" in _commands(
        EXAMPLE
    )  # the example runs it on records that are read alike


@contextmanager
def _server(project, command):
    """Starts the server at a free port and yields its address."""
    words = [*shlex.split(command), "--port", "0"]
    with subprocess.Popen(words, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://\S+", process.stdout.readline()).group()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.mark.usefixtures("pushed")
def test_the_example_goes_from_two_folders_to_a_served_model(project):
    (program,) = _blocks(EXAMPLE, "python")
    (project / "draw_pairs.py").write_text(program)
    assert _run(project, ".venv/bin/python draw_pairs.py").returncode == 0
    *commands, serve, curl = _commands(EXAMPLE)
    assert [re.search(r"restore (data )?(\w+)", command).group(2) for command in commands] == [
        *("check", "convert", "stats", "run", "report", "models", "restore")
    ]
    for command in commands:
        done = _run(project, command, SHORT if " run " in command else "")
        assert done.returncode == 0, done.stdout + done.stderr
    assert " -> " in done.stdout  # the last command restores, and prints PSNR before and after
    assert len(list((project / "restored" / "mine").iterdir())) == 16
    with _server(project, serve) as address:
        request = curl.split(">")[0].replace("http://127.0.0.1:8501", address) + " --retry 30 --retry-delay 1"
        answer = subprocess.run(shlex.split(request), cwd=project, capture_output=True, timeout=120, check=True).stdout
    restored = cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_COLOR)
    assert restored.shape == cv2.imread(str(project / "pairs" / "input" / "chelsea-heavy.png")).shape
