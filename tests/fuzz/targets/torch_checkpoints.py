"""PyTorch checkpoints: whole archives, and pickles that are put into one with two files of numbers."""

from __future__ import annotations

import io
import pickle
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from model_code.weights.torch_checkpoint import read_state_dict
from tests.fuzz.frame import Target

_ZIP = b"PK\x03\x04"
_NUMBERS = {"0": np.arange(24, dtype="<f4").tobytes(), "1": np.arange(6, dtype="<i8").tobytes()}


def _archive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in {"data.pkl": content, "byteorder": b"little", "version": b"3\n"}.items():
            archive.writestr(f"model/{name}", data)
        for key, data in _NUMBERS.items():
            archive.writestr(f"model/data/{key}", data)
    return buffer.getvalue()


def _read(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.pth"
        file.write_bytes(data if data.startswith(_ZIP) else _archive(data))
        weights = read_state_dict(file)
        assert weights
        assert all(isinstance(key, str) and isinstance(value, np.ndarray) for key, value in weights.items())
        assert sum(value.nbytes for value in weights.values()) <= file.stat().st_size


class _Global:
    """Is pickled as a name of a module that is not installed here."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Storage:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts


class _Rebuilt:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())


class _Writer(pickle._Pickler):
    """Writes pickles as torch.save does, without PyTorch."""

    def persistent_id(self, value: Any) -> Any:
        return value.parts if isinstance(value, _Storage) else None

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, _Global):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, _Rebuilt):
            self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
            self.save(value.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)


def _pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    _Writer(buffer, protocol=2).dump(content)
    return buffer.getvalue()


def _tensor(kind: str, key: str, count: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> _Rebuilt:
    return _Rebuilt(_Storage("storage", _Global("torch", kind), key, "cpu", count), 0, shape, strides)


def _seeds() -> list[bytes]:
    weights = {
        "module.conv.weight": _tensor("FloatStorage", "0", 24, (2, 3, 4), (12, 4, 1)),
        "module.index": _tensor("LongStorage", "1", 6, (3, 2), (2, 1)),
    }
    plain = _pickled(weights)
    return [plain, _pickled({"epoch": 3, "state_dict": OrderedDict(weights), "note": "x"}), _archive(plain)]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        *(
            b"cos\nsystem\n",
            b"ctorch._utils\n_rebuild_tensor_v2\n",
            b"ccollections\nOrderedDict\n",
            b"ctorch\nHalfStorage\n",
        ),
        *(
            b"U\x07storage",
            b"K\x00",
            b"J\xff\xff\xff\x7f",
            b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"R",
            b"Q",
            b"t",
            b"u",
            b"b",
        ),
        *(
            b"\x81",
            b"\x8f",
            b"\x93",
            b"\x94",
            b"(",
            b"}",
            b"]",
            b")",
            b"PK\x01\x02",
            b"PK\x05\x06",
            b"state_dict",
            b"G\x7f\xf0",
        ),
    ),
)
