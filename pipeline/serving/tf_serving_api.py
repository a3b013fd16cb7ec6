"""Reads the requests and writes the answers of TF Serving's REST API (https://www.tensorflow.org/tfx/serving/api_rest).

One difference: a key that the API does not know is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from data.image.arrays import ImageF32
from model_code.saved_model.signatures import IMAGES, RESTORE_TENSOR, SERVING_DEFAULT
from model_code.saved_model.tiling import padded_pixels
from pipeline.serving.json_body import parse_object
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.refusal import bad
from pipeline.serving.settings import MODEL_NAME

_ROW, _COLUMN = "instances", "inputs"
_ANSWERS = {_ROW: "predictions", _COLUMN: "outputs"}
_SIGNATURE = "signature_name"
_BINARY = "b64"

MAX_TENSOR_PIXELS = 2**18
"""Maximum pixels of an image as nested lists: it is restored whole, and is 8 MB at ten bytes of JSON per number."""

_Named = tuple[str, object]
"""Where in the request an item stands, such as `instances[0]`, and the item as JSON."""


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """The images of a `:predict` request, all of them as files or all of them as numbers.

    Attributes:
        layout: "instances" (row format) or "inputs" (column format); the answer has the same format.
        encoded: Images as files, each after its position in the request, such as `instances[0]`.
        floats: Images as float32 [H, W, 3] in [0, 1].
    """

    layout: str
    encoded: tuple[tuple[str, bytes], ...] = ()
    floats: tuple[ImageF32, ...] = ()

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.encoded) + len(self.floats)


def read_request(body: bytes) -> PredictRequest:
    """Reads the body of a `:predict` request.

    Args:
        body: JSON in UTF-8.

    Raises:
        RefusedError: The body is not such a request; the message names the position of the mistake.
    """
    request = parse_object(body)
    layout = _layout(request)
    signature = request.get(_SIGNATURE, "")
    if signature == "":  # TF Serving's default too
        signature = SERVING_DEFAULT
    items = _rows(request[_ROW]) if layout == _ROW else _columns(request[_COLUMN])
    if signature == SERVING_DEFAULT:
        return PredictRequest(layout, encoded=tuple((name, _bytes(item, name)) for name, item in items))
    if signature == RESTORE_TENSOR:
        return PredictRequest(layout, floats=tuple(_floats(item, name) for name, item in items))
    raise bad(f"{_SIGNATURE}: {str(signature)[:40]!r} is not served; give {SERVING_DEFAULT} or {RESTORE_TENSOR}")


def write_answer(layout: str, restored: Sequence[bytes] | Sequence[ImageF32]) -> bytes:
    """Returns the body of an answer; as TF Serving does for a signature with one output, it leaves out the output's name.

    Args:
        layout: The request's layout, "instances" or "inputs".
        restored: PNG files, or float images [H, W, 3].
    """
    values = [_binary(item) if isinstance(item, bytes) else item.tolist() for item in restored]
    return json.dumps({_ANSWERS[layout]: values}).encode()


def write_status(model: ServedModel) -> dict[str, object]:
    """Returns TF Serving's status of a served version, as plain JSON values."""
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": str(model.number), "state": "AVAILABLE", "status": status}]}


def write_metadata(model: ServedModel) -> dict[str, object]:
    """Returns TF Serving's metadata of a served version, its signatures, as plain JSON values."""
    return {
        "model_spec": {"name": MODEL_NAME, "signature_name": "", "version": str(model.number)},
        "metadata": {"signature_def": {"signature_def": model.signatures}},
    }


def _layout(request: Mapping[str, object]) -> str:
    """Returns the layout of a request; refuses unknown keys, and none or both of the layouts."""
    unknown = sorted(set(request) - {_ROW, _COLUMN, _SIGNATURE})
    if unknown:
        raise bad(f"unknown key {unknown[0][:40]!r}; give {_ROW} or {_COLUMN}, and optionally {_SIGNATURE}")
    if (_ROW in request) == (_COLUMN in request):
        raise bad(f"give one of {_ROW} and {_COLUMN}")
    return _ROW if _ROW in request else _COLUMN


def _rows(instances: object) -> list[_Named]:
    """Returns the images of the row format; an instance may name its one input or leave the name out."""
    return [
        (f"{_ROW}[{number}]", item[IMAGES] if isinstance(item, dict) and set(item) == {IMAGES} else item)
        for number, item in enumerate(_list(instances, _ROW))
    ]


def _columns(inputs: object) -> list[_Named]:
    """Returns the images of the column format; the name of the one input may be left out."""
    name = _COLUMN
    if isinstance(inputs, dict):
        if set(inputs) != {IMAGES}:
            raise bad(f"{_COLUMN}: the one input is named {IMAGES!r}; give a list of images under it, or the bare list")
        inputs, name = inputs[IMAGES], f"{_COLUMN}.{IMAGES}"
    return [(f"{name}[{number}]", item) for number, item in enumerate(_list(inputs, name))]


def _list(items: object, name: str) -> list[object]:
    if not isinstance(items, list) or not items:
        raise bad(f"{name}: not a list of at least one image")
    return items


def _bytes(item: object, name: str) -> bytes:
    if not isinstance(item, dict) or set(item) != {_BINARY} or not isinstance(item[_BINARY], str):
        raise bad(f'{name}: not {{"{_BINARY}": "..."}}; encode the PNG or JPEG file in base64')
    # As TF Serving reads it: with line breaks, as `base64` writes them, and with or without padding.
    text = "".join(item[_BINARY].split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise bad(f"{name}: invalid base64 under {_BINARY}; encode the PNG or JPEG file again") from None


def _floats(item: object, name: str) -> ImageF32:
    problem = f"{name}: not an image; give [H][W][3] numbers in [0, 1]"
    if not isinstance(item, list):
        raise bad(problem)
    try:
        image = np.asarray(item)
    except (ValueError, OverflowError):  # lists of different lengths, or nested too deep
        raise bad(problem) from None
    if image.ndim != 3 or image.shape[2] != 3 or not image.size or image.dtype.kind not in "fiu":
        raise bad(problem)
    if bool in set(map(type, chain.from_iterable(chain.from_iterable(item)))):  # numpy makes 0 and 1 of them
        raise bad(problem)
    if not (image.min() >= 0 and image.max() <= 1):  # NaN meets neither
        raise bad(problem)
    if image.shape[0] * image.shape[1] > MAX_TENSOR_PIXELS:
        raise bad(f"{name}: more than {MAX_TENSOR_PIXELS:,} pixels; send it as PNG or JPEG to {SERVING_DEFAULT}")
    if padded_pixels(*image.shape[:2]) > 2 * MAX_TENSOR_PIXELS:  # a line is computed as a band of 128 lines, whole
        raise bad(f"{name}: too narrow for its length; send it as PNG or JPEG to {SERVING_DEFAULT}")
    return image.astype(np.float32)


def _binary(data: bytes) -> dict[str, str]:
    return {_BINARY: base64.b64encode(data).decode()}
