"""Bodies of `:predict` requests."""

from __future__ import annotations

import numpy as np

from pipeline.serving.refusal import RefusedError
from pipeline.serving.tf_serving_api import read_request, write_answer
from tests.fuzz.frame import Target


def _read(data: bytes) -> None:
    request = read_request(data)
    assert request.count >= 1
    for image in request.floats:
        assert image.dtype == np.float32
        assert image.ndim == 3
        assert np.isfinite(image).all()
    write_answer(request.layout, list(request.floats) or [content for _, content in request.encoded])


def _seeds() -> list[bytes]:
    return [
        b'{"instances": [{"b64": "AAAA"}]}',
        b'{"instances": [{"images": {"b64": "AA=="}}], "signature_name": "serving_default"}',
        b'{"inputs": {"images": [{"b64": "AA"}, {"b64": "AAA\\n"}]}, "signature_name": ""}',
        b'{"inputs": [[[[0, 0.5, 1e-3]]]], "signature_name": "restore_tensor"}',
        b'{"instances": [[[[0, 0, 0], [1, 1, 1]]]], "signature_name": "restore_tensor"}',
    ]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(RefusedError,),
    words=(
        b'"instances"',
        b'"inputs"',
        b'"images"',
        b'"b64"',
        b'"signature_name"',
        b'"restore_tensor"',
        b"null",
        b"NaN",
        b"1e999",
        b"\\ud800",
    ),
)
