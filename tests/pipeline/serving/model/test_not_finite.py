"""A model that answers with NaN is refused when it is loaded, or else for the image at which it does."""

import json
import time

import numpy as np
import pytest
import tensorflow as tf

from model_code.saved_model.export import save_restorer
from pipeline.restoring.run import restore_images
from tests.pipeline.serving import servers
from tests.pipeline.serving.servers import PREDICT


def _nan(folder):
    save_restorer(lambda images: images * np.float32("nan"), folder)
    return folder


@pytest.fixture(scope="module")
def nan_for_white(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "1"
    save_restorer(lambda images: tf.where(tf.reduce_min(images) > 0.99, np.float32("nan"), images * 0.5), folder)
    return folder


def test_a_model_that_answers_with_nan_is_not_served(tmp_path):
    with servers.serving(models=tmp_path) as client:
        _nan(tmp_path / "7")
        problem = ""
        deadline = time.monotonic() + 60
        while "no numbers (NaN or infinity)" not in problem and time.monotonic() < deadline:
            problem = client.get("/healthz").json()["problem"]
            time.sleep(0.05)
        assert client.get("/healthz").status_code == 503
    assert "no numbers (NaN or infinity)" in problem


def test_nan_for_one_image_is_the_server_s_fault_and_said_in_a_line(nan_for_white, caplog):
    white, image = np.full((16, 20, 3), 255, np.uint8), servers.image()
    tensor = {"signature_name": "restore_tensor", "instances": np.ones((1, 4, 4, 3)).tolist()}
    with servers.serving(model=nan_for_white) as client:
        answers = [
            client.post("/restore", content=servers.png(white)),
            client.post(PREDICT, content=json.dumps(tensor)),
        ]
        assert client.post("/restore", content=servers.png(image)).status_code == 200
    for answer in answers:
        assert answer.status_code == 500
        assert "NaN" in answer.json()["error"]
    assert "Traceback" not in caplog.text


def test_restoring_files_fails_with_a_line(nan_for_white, tmp_path, capsys):
    (tmp_path / "white.png").write_bytes(servers.png(np.full((16, 20, 3), 255, np.uint8)))
    assert restore_images([str(tmp_path / "white.png")], tmp_path / "out", nan_for_white) == 2
    assert not (tmp_path / "out" / "white.png").exists()
    assert "white.png: the model gave values that are no numbers" in " ".join(capsys.readouterr().err.split())
