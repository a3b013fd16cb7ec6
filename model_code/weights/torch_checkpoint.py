"""Reads the weights of a PyTorch checkpoint without PyTorch, and without running code from it.

Such a file is a ZIP archive of `data.pkl`, a pickle with a reference in place of each array's numbers, and one file of numbers
for each reference. A pickle can call any function that its reader lets it name. This reader allows three names, which only
describe arrays, and refuses all others. Even so a small file could ask for endless work: keys that are nested tuples, whose
hashes take time without bound, and many arrays over one file of numbers. Keys are names here, and arrays together have no more
bytes than the file.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.plain_text import one_line

MAX_PICKLE_BYTES = 8 * 2**20  # AST-B's, with the optimiser's state, has one MiB
MAX_BYTES = 8 * 2**30
STATE_KEYS = ("state_dict", "params", "model")  # common keys of the weights; the authors' is the first

_DTYPES = {
    "DoubleStorage": np.float64,
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "ShortStorage": np.int16,
    "CharStorage": np.int8,
    "ByteStorage": np.uint8,
    "BoolStorage": np.bool_,
}


class _Numbers(NamedTuple):
    """A file of numbers in the archive; `length` is their count."""

    key: str
    dtype: np.dtype[Any]
    length: int


class _Tensor(NamedTuple):
    """A view of a file of numbers; offset and strides count numbers, not bytes."""

    numbers: _Numbers
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(numbers: _Numbers, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object) -> _Tensor:
    """Replaces `torch._utils._rebuild_tensor_v2`."""
    return _Tensor(numbers, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _parameter(tensor: _Tensor, *_: object) -> _Tensor:
    """Replaces `torch._utils._rebuild_parameter`."""
    return tensor


_ALLOWED: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): lambda: OrderedDict(),  # without arguments, which would be keys that nobody checks
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): name for name in _DTYPES},
}


class _RefusedError(Exception):
    """The pickle names something that a checkpoint of weights does not need."""


# The unpickler in C hashes every key before Python code could look at it; the one in Python has a method for each instruction.
_PurePython: Any = pickle._Unpickler


class _Reader(_PurePython):
    """Reads pickles that describe arrays and whose keys are names or numbers, and refuses all others."""

    dispatch = dict(_PurePython.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Returns the object of a name, or refuses the name."""
        if (module, name) not in _ALLOWED:
            raise _RefusedError(f"it would run {one_line(f'{module}.{name}', 80)}")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Numbers:
        """Returns the description of a file of numbers."""
        kind, dtype, key, _, count = pid
        if not all(isinstance(part, str) for part in (kind, dtype, key)) or not isinstance(count, int):
            raise _RefusedError("it refers to something that is not a file of numbers")
        if kind != "storage" or dtype not in _DTYPES:
            raise _RefusedError(f"it refers to a {one_line(kind, 40)} of {one_line(dtype, 40)}")
        return _Numbers(key, np.dtype(_DTYPES[dtype]), count)

    def _load_item(self) -> None:
        _require_name(self.stack[-2])
        _PurePython.load_setitem(self)

    def _load_items(self) -> None:
        for key in self.stack[::2]:
            _require_name(key)
        _PurePython.load_setitems(self)

    def _load_dict(self) -> None:
        for key in self.stack[::2]:
            _require_name(key)
        _PurePython.load_dict(self)

    def _refuse_set(self) -> None:
        raise _RefusedError("it has a set")

    dispatch[pickle.SETITEM[0]] = _load_item
    dispatch[pickle.SETITEMS[0]] = _load_items
    dispatch[pickle.DICT[0]] = _load_dict
    dispatch[pickle.EMPTY_SET[0]] = dispatch[pickle.FROZENSET[0]] = _refuse_set


def _require_name(key: object) -> None:
    if not isinstance(key, (str, int)):
        raise _RefusedError(f"a key is a {type(key).__name__}, not a name")


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Reads the weights of a checkpoint.

    Args:
        path: A file of `torch.save` from PyTorch 1.6 or newer: a state dict, or a mapping with a state dict under
            `state_dict`, `params` or `model`.

    Returns:
        Arrays by the file's keys, `module.` included. Other values are left out.

    Raises:
        InputError: The file is not such a checkpoint, is damaged, or would run code.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a checkpoint (.pth)")
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path.stat().st_size)
    except _RefusedError as reason:
        raise InputError(f"{path}: refused, {reason}; a checkpoint of weights needs nothing of that kind") from None
    except zipfile.BadZipFile:
        raise InputError(
            f"{path}: not a checkpoint of PyTorch 1.6 or newer, or cut short; load and save it again with torch.save"
        ) from None
    # A malicious or damaged pickle may raise any exception.
    except Exception as error:
        raise InputError(f"{path}: the checkpoint is damaged ({type(error).__name__}: {one_line(error)})") from error


def _read(archive: zipfile.ZipFile, file_bytes: int) -> dict[str, NDArray[Any]]:
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    pickles = [name for name in sizes if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise _RefusedError("it is a ZIP archive without one data.pkl")
    unpacked = sum(entry.file_size for entry in archive.infolist())  # an entry may stand twice in the list
    if sizes[pickles[0]] > MAX_PICKLE_BYTES or unpacked > MAX_BYTES:
        raise _RefusedError("it unpacks to more than a model can have")
    if unpacked > file_bytes:
        raise _RefusedError("it is compressed, which torch.save does not do")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in sizes and archive.read(f"{folder}byteorder") != b"little":
        raise _RefusedError("its numbers are not little-endian")
    content = _Reader(io.BytesIO(archive.read(pickles[0])), encoding="ascii").load()
    state = _state(content)
    tensors = {key: value for key, value in state.items() if isinstance(value, _Tensor)}
    if sum(_bytes(tensor) for tensor in tensors.values()) > file_bytes:
        raise _RefusedError("it repeats numbers to fill its arrays")
    return {key: _array(archive, folder, tensor) for key, tensor in tensors.items()}


def _bytes(tensor: _Tensor) -> int:
    return math.prod(tensor.shape) * tensor.numbers.dtype.itemsize


def _state(content: object) -> Mapping[str, object]:
    """Returns the mapping of weights in the pickle's content."""
    for key in STATE_KEYS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if not isinstance(content, Mapping) or not any(isinstance(value, _Tensor) for value in content.values()):
        raise _RefusedError(f"it has no weights, neither itself nor under {', '.join(STATE_KEYS)}")
    return {str(key): value for key, value in content.items()}


def _array(archive: zipfile.ZipFile, folder: str, tensor: _Tensor) -> NDArray[Any]:
    """Returns a tensor's numbers as an array."""
    numbers, offset, shape, strides = tensor
    last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or (0 not in shape and last >= numbers.length):
        raise _RefusedError(f"an array of {shape} lies outside its {numbers.length} numbers")
    if int(np.prod(shape, dtype=np.float64)) > max(numbers.length, 1):
        raise _RefusedError(f"an array of {shape} repeats its {numbers.length} numbers")
    raw = archive.read(f"{folder}data/{numbers.key}")
    stored = np.frombuffer(raw, numbers.dtype.newbyteorder("<"), numbers.length)
    steps = tuple(stride * numbers.dtype.itemsize for stride in strides)
    view = np.lib.stride_tricks.as_strided(stored[offset:], shape, steps, writeable=False)
    return np.array(view, numbers.dtype)
