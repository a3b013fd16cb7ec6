"""TF Serving's REST API: its requests read, its answers written.

https://www.tensorflow.org/tfx/serving/api_rest describes it. What is asked for here is stricter in one place: a key that the
API does not know is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.saved_model.signatures import IMAGES, RESTORE_TENSOR, SERVING_DEFAULT
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.refusal import bad
from pipeline.serving.settings import MODEL_NAME

_ROW, _COLUMN = "instances", "inputs"
_ANSWERS = {_ROW: "predictions", _COLUMN: "outputs"}
_SIGNATURE = "signature_name"
_BINARY = "b64"

MAX_TENSOR_PIXELS = 2**18
"""Of one image as nested lists: it is restored whole, and ten bytes of JSON a number would be 8 MB. Larger ones are to be sent
encoded."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request for predictions.

    Attributes:
        layout: "instances" or "inputs": which of the API's two formats it came in, and is answered in.
        encoded: The images as files, by where in the request they stand; empty where they came as numbers.
        floats: The images as float32 [H, W, 3] in [0, 1]; empty where they came as files.
    """

    layout: str
    encoded: tuple[tuple[str, bytes], ...] = ()
    floats: tuple[NDArray[np.float32], ...] = ()

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.encoded) + len(self.floats)


def read_call(body: bytes) -> Call:
    """Reads the body of `:predict`.

    Raises:
        RefusedError: It is no such request; the message says where it is not.
    """
    request = _object(body)
    unknown = sorted(set(request) - {_ROW, _COLUMN, _SIGNATURE})
    if unknown:
        raise bad(f"unknown key {unknown[0][:40]!r}; give {_ROW} or {_COLUMN}, and {_SIGNATURE} if need be")
    if (_ROW in request) == (_COLUMN in request):
        raise bad(f"give one of {_ROW} and {_COLUMN}")
    layout = _ROW if _ROW in request else _COLUMN
    signature = request.get(_SIGNATURE, SERVING_DEFAULT)
    items = _rows(request[_ROW]) if layout == _ROW else _columns(request[_COLUMN])
    if signature == SERVING_DEFAULT:
        return Call(layout, encoded=tuple((place, _bytes(item, place)) for place, item in items))
    if signature == RESTORE_TENSOR:
        return Call(layout, floats=tuple(_floats(item, place) for place, item in items))
    raise bad(f"{_SIGNATURE}: {str(signature)[:40]!r} is not served; give {SERVING_DEFAULT} or {RESTORE_TENSOR}")


def write_answer(layout: str, restored: Sequence[bytes] | Sequence[NDArray[np.float32]]) -> bytes:
    """Writes an answer as TF Serving does for a signature of one output: its name is left out.

    Args:
        layout: Of the request.
        restored: PNG files, or float images.
    """
    values = [_binary(item) if isinstance(item, bytes) else item.tolist() for item in restored]
    return json.dumps({_ANSWERS[layout]: values}).encode()


def write_status(model: ServedModel) -> dict[str, Any]:
    """Returns what TF Serving says of a version that it serves."""
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": str(model.number), "state": "AVAILABLE", "status": status}]}


def write_metadata(model: ServedModel) -> dict[str, Any]:
    """Returns what TF Serving says of a version's signatures."""
    return {
        "model_spec": {"name": MODEL_NAME, "signature_name": "", "version": str(model.number)},
        "metadata": {"signature_def": {"signature_def": model.signatures}},
    }


def _object(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    # Text that is no UTF-8 and numbers of thousands of digits are ValueErrors as well; brackets can be too deep.
    except (ValueError, RecursionError) as error:
        raise bad(f"the body is no JSON: {str(error)[:120]}") from None
    if not isinstance(request, dict):
        raise bad(f"the body is no JSON object; give {_ROW} or {_COLUMN} in one")
    return request


def _rows(instances: Any) -> list[tuple[str, Any]]:
    """Returns each image of the row format with its place; an instance may name its one input or leave the name out."""
    return [
        (f"{_ROW}[{number}]", item[IMAGES] if isinstance(item, dict) and set(item) == {IMAGES} else item)
        for number, item in enumerate(_list(instances, _ROW))
    ]


def _columns(inputs: Any) -> list[tuple[str, Any]]:
    """Returns each image of the column format with its place; the name of the one input may be left out."""
    place = _COLUMN
    if isinstance(inputs, dict):
        if set(inputs) != {IMAGES}:
            raise bad(f"{_COLUMN}: the one input is named {IMAGES!r}; give a list of images under it, or the bare list")
        inputs, place = inputs[IMAGES], f"{_COLUMN}.{IMAGES}"
    return [(f"{place}[{number}]", item) for number, item in enumerate(_list(inputs, place))]


def _list(items: Any, place: str) -> list[Any]:
    if not isinstance(items, list) or not items:
        raise bad(f"{place}: not a list of at least one image")
    return items


def _bytes(item: Any, place: str) -> bytes:
    if not isinstance(item, dict) or set(item) != {_BINARY} or not isinstance(item[_BINARY], str):
        raise bad(f'{place}: not {{"{_BINARY}": "..."}}; encode the PNG or JPEG file in base64')
    try:
        return base64.b64decode(item[_BINARY], validate=True)
    except ValueError:
        raise bad(f"{place}: no base64 under {_BINARY}; encode the PNG or JPEG file anew") from None


def _floats(item: Any, place: str) -> NDArray[np.float32]:
    wanted = f"{place}: not an image; give [H][W][3] numbers in [0, 1]"
    if not isinstance(item, list):
        raise bad(wanted)
    try:
        image = np.asarray(item)
    except (ValueError, OverflowError):  # lists of different lengths, or nested too deep
        raise bad(wanted) from None
    if image.ndim != 3 or image.shape[2] != 3 or not image.size or image.dtype.kind not in "fiu":
        raise bad(wanted)
    if not (image.min() >= 0 and image.max() <= 1):  # NaN is neither
        raise bad(wanted)
    if image.shape[0] * image.shape[1] > MAX_TENSOR_PIXELS:
        raise bad(f"{place}: more than {MAX_TENSOR_PIXELS:,} pixels; send it as PNG or JPEG to {SERVING_DEFAULT}")
    return image.astype(np.float32)


def _binary(data: bytes) -> dict[str, str]:
    return {_BINARY: base64.b64encode(data).decode()}
