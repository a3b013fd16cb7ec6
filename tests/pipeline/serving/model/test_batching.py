"""The model's thread: what is put together, what is served between tiles, and what a failure leaves behind."""

import asyncio
import threading

import numpy as np
import pytest

from pipeline.serving.model.batching import MAX_BATCH_PIXELS, Batcher
from pipeline.serving.model.served_model import load
from tests.pipeline.serving import servers


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    # The smallest tiles that there are: images of a few hundred pixels a side need several.
    return load(servers.halving(tmp_path_factory.mktemp("model") / "1"), 1, memory=1)


def _restore(model, images, max_batch=4):
    """Hands all images over at once; returns the answers, and the shapes of each call in turn."""
    calls = []
    batcher = Batcher(max_batch, lambda batch: calls.append([image.shape[:2] for image in batch]))

    async def work():
        tasks = [asyncio.ensure_future(batcher.restore(model, image)) for image in images]
        await asyncio.sleep(0)  # all of them wait before the thread begins
        with batcher.running():
            return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(work()), calls


def test_images_of_one_size_are_restored_together_and_each_gets_its_own(model):
    sizes = [(16, 20), (16, 20), (20, 16), (16, 20), (16, 20), (16, 20)]
    images = [servers.image(size, seed) for seed, size in enumerate(sizes)]
    restored, calls = _restore(model, images)
    for image, answer in zip(images, restored, strict=True):
        np.testing.assert_array_equal(answer, servers.halved(image))
    assert calls == [[(16, 20)] * 4, [(20, 16)], [(16, 20)]]
    assert [len(call) for call in _restore(model, images, max_batch=1)[1]] == [1] * 6


def test_floats_and_levels_are_not_mixed(model):
    images = [servers.image((16, 20)), np.full((16, 20, 3), 0.5, np.float32), servers.image((16, 20))]
    restored, calls = _restore(model, images)
    assert [answer.dtype for answer in restored] == [np.uint8, np.float32, np.uint8]
    assert restored[1].max() == 0.25
    assert [len(call) for call in calls] == [2, 1]


def test_images_too_large_for_a_batch_are_restored_one_by_one(model):
    side = int((MAX_BATCH_PIXELS // 2) ** 0.5) + 1
    _, calls = _restore(model, [servers.image((side, side))] * 3)
    assert [len(call) for call in calls] == [1, 1, 1]


def test_small_images_are_served_between_the_tiles_of_a_large_one(model):
    large, small = servers.image((900, 1300)), servers.image((16, 20))
    restored, calls = _restore(model, [large, small, small, large])
    for image, answer in zip([large, small, small, large], restored, strict=True):
        difference = np.abs(answer.astype(int) - servers.halved(image))
        assert difference.max() <= 1  # where tiles fade, the sum may round to another level
    assert calls == [[(16, 20)] * 2, [(900, 1300)], [(900, 1300)]]


def test_work_for_nobody_ends_before_the_next_tile(model, monkeypatch):
    real, calls = model._session.restore, []
    has_begun, is_cancelled = threading.Event(), threading.Event()

    def restore(images):
        calls.append(images.shape)
        has_begun.set()
        assert is_cancelled.wait(20)
        return real(images)

    monkeypatch.setattr(model._session, "restore", restore)

    async def work():
        batcher = Batcher(4, lambda _: None)
        with batcher.running():
            gone = [asyncio.ensure_future(batcher.restore(model, servers.image((900, 1300)))) for _ in range(2)]
            await asyncio.to_thread(has_begun.wait, 20)
            for task in gone:
                task.cancel()
            await asyncio.gather(*gone, return_exceptions=True)
            is_cancelled.set()
            return await batcher.restore(model, servers.image((16, 20)))

    np.testing.assert_array_equal(asyncio.run(work()), servers.halved(servers.image((16, 20))))
    assert len(calls) == 2  # the tile that had begun, and the image of the client that stayed


def test_a_call_that_fails_ends_its_own_requests_only(tmp_path):
    touchy = load(servers.touchy(tmp_path / "1"), 1, memory=1)
    white, image = np.full((16, 20, 3), 255, np.uint8), servers.image((20, 16))
    restored, calls = _restore(touchy, [white, image, white])
    assert [isinstance(answer, Exception) for answer in restored] == [True, False, True]
    np.testing.assert_array_equal(restored[1], servers.halved(image))
    assert calls == [[(20, 16)]]


def test_a_fault_of_the_model_is_a_500_without_details_and_the_server_goes_on(tmp_path):
    image = servers.image()
    with servers.serving(model=servers.touchy(tmp_path / "1")) as client:
        answer = client.post("/restore", content=servers.png(np.full((16, 20, 3), 255, np.uint8)))
        after = client.post("/restore", content=servers.png(image))
        counted = servers.metric(client, 'ast_restore_http_requests_total{code="500",path="restore"}')
    assert answer.status_code == 500
    assert answer.json() == {"error": "the image could not be restored"}
    np.testing.assert_array_equal(servers.pixels(after.content), servers.halved(image))
    assert counted == 1
