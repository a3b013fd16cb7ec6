"""Real servers over real SavedModels that are quick to make."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import tensorflow as tf
from PIL import Image

from model_code.saved_model.export import save_restorer
from pipeline.serving.listening import address_of, listen
from pipeline.serving.run import make_server, running
from pipeline.serving.settings import ServeSettings
from tests.model_code import drawn_pairs

PREDICT = "/v1/models/restore:predict"
# Rounds of the slow model's loop: a second or a few.
_ROUNDS = 6000


@contextmanager
def serving(**settings) -> Iterator[httpx.Client]:
    """A server in a thread of this process, and a client of it."""
    with listen("127.0.0.1", 0) as listening, running(ServeSettings(**settings)) as app:
        server = make_server(app, ServeSettings(**settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with client_of(address_of(listening)) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def client_of(address: str) -> httpx.Client:
    """A client that asks no proxy."""
    return httpx.Client(base_url=address, timeout=60, trust_env=False)


def halving(folder: Path) -> Path:
    """Halves every value: its answers are known without it."""
    save_restorer(lambda images: images * 0.5, folder)
    return folder


def darkening(folder: Path) -> Path:
    """Another model, whose answers differ from those of the first."""
    save_restorer(lambda images: images * 0.25, folder)
    return folder


def grey(folder: Path) -> Path:
    """Answers with one grey, whatever the image: finite, of the right size, and wrong."""
    save_restorer(lambda images: images * 0 + 0.5, folder)
    return folder


def slow(folder: Path, rounds: int = _ROUNDS) -> Path:
    """Halves every value, after seconds of work, or less with fewer rounds."""

    def restore(images):
        def work(_, matrix):
            return tf.constant(0), tf.matmul(matrix, matrix)

        start = (tf.constant(0), tf.eye(256) + tf.reduce_mean(images) * 0)
        _, matrix = tf.while_loop(lambda *_: True, work, start, maximum_iterations=rounds)
        return images * 0.5 * matrix[0, 0]

    save_restorer(restore, folder)
    return folder


def touchy(folder: Path) -> Path:
    """Fails for an image that is white, as a fault of the model or of its memory would."""

    def restore(images):
        with tf.control_dependencies([tf.debugging.assert_less(tf.reduce_mean(images), 0.99)]):
            return images * 0.5

    save_restorer(restore, folder)
    return folder


def network(folder: Path) -> Path:
    """A small AST."""
    model = drawn_pairs.small_network()
    save_restorer(lambda images: model(images, training=False), folder, model.variables)
    return folder


def image(size: tuple[int, int] = (24, 32), seed: int = 1) -> np.ndarray:
    """A drawn scene, uint8 [H, W, 3]."""
    return drawn_pairs.clean(size, seed)


def png(pixels: np.ndarray) -> bytes:
    """The pixels as a file."""
    return drawn_pairs.encoded(pixels)


def pixels(data: bytes) -> np.ndarray:
    """What a file shows."""
    return np.asarray(Image.open(io.BytesIO(data)))


def halved(image: np.ndarray, factor: float = 0.5) -> np.ndarray:
    """What the halving model makes of an image."""
    return np.rint(np.float32(image) / np.float32(255) * np.float32(factor) * np.float32(255)).astype(np.uint8)


def metric(client: httpx.Client, name: str) -> float:
    """The value of a metric, labels included in its name."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[-1])
