"""Keeps TensorFlow's and its dependents' chatter from users, uses the CPU's fast kernels, and shortens the start of TFX.

Set-up puts it, with a .pth file that imports it, into .venv.

It must act before anything is imported, in every process of the environment (`tfx` starts several), so it cannot be a part
of the project's packages. What the user has set stands.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

for name, value in {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # CUDA and CPU-feature notes
    "GRPC_VERBOSITY": "NONE",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # on some processors TensorFlow leaves these kernels off, and training takes longer
    "TF_USE_LEGACY_KERAS": "1",  # Transform's layers and TFMA's metrics are tf_keras
    "PIP_QUIET": "1",  # Beam fetches what --requirements_file names with pip
    "PIP_ROOT_USER_ACTION": "ignore",
    "PYTHONWARNINGS": "ignore::FutureWarning,ignore::DeprecationWarning",  # for processes started from here
}.items():
    os.environ.setdefault(name, value)

if not os.environ["PYTHONWARNINGS"].startswith(("default", "error", "always")):
    warnings.simplefilter("ignore", FutureWarning)
    warnings.simplefilter("ignore", DeprecationWarning)


class ExtensionsOnDemand(MetaPathFinder, Loader):
    """Imports TFX's extensions for Google's cloud when one is asked for, not with `tfx.v1`.

    Their client libraries are a third of the seconds that `from tfx import v1` takes, and no component here uses them.
    """

    package = "tfx.v1.extensions"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns the package's own spec with this loader in it; None for any other module."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self.package else None
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Gives the package a `__getattr__` that imports a submodule."""

        def extension(name: str) -> ModuleType:
            if name.startswith("_") or importlib.util.find_spec(f"{self.package}.{name}") is None:
                raise AttributeError(f"module {self.package!r} has no attribute {name!r}")
            return importlib.import_module(f"{self.package}.{name}")

        module.__getattr__ = extension  # type: ignore[method-assign]


sys.meta_path.insert(0, ExtensionsOnDemand())

# TFX's imports make millions of objects that stay; looking for garbage after every 700 takes a sixth of their time.
gc.set_threshold(20_000, 20, 20)
