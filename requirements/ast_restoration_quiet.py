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
import threading
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


class ModulesOnDemand(MetaPathFinder):
    """Runs a module when one of its names is asked for, and not when it is imported.

    TFX's packages import these in passing, and no component here uses them. A missing one is missing as before.
    """

    names = frozenset(
        {
            # Compiles jsonschema's grammar of addresses with Lark where kubernetes-validate is installed: 1.4 s of processor.
            "kubernetes.dynamic",
            # Beam's connector, which loads the widgets of notebooks for a progress bar.
            "google.cloud.bigquery",
        }
    )

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns the module's own spec with a loader that waits; None for any other module."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self.names else None
        if spec is not None and spec.loader is not None:
            spec.loader = WaitingLoader(spec.loader)
        return spec


class WaitingLoader(Loader):
    """Makes a module that its own loader runs later."""

    def __init__(self, loader: Loader) -> None:
        """Takes the module's own loader."""
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns a module that waits."""
        return WaitingModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leaves the module unrun."""
        # Without `__path__`, an import of a submodule asks for it, and so runs the package first.
        vars(module)["_waiting"] = self._loader, vars(module).pop("__path__"), threading.RLock()


class WaitingModule(ModuleType):
    """A package that is run when a name is asked for.

    Python's own `LazyLoader` runs a module also for `__file__`, which `inspect` asks of every module for a line of source.
    """

    def __getattr__(self, name: str) -> object:
        """Runs the module, and returns what the name means there."""
        if "_waiting" in vars(self) and (name in ("__path__", "__all__") or not name.startswith("__")):
            loader, path, lock = vars(self)["_waiting"]
            with lock:  # another thread may be running it; this one may ask for a name while it does
                if "_waiting" in vars(self) and "__path__" not in vars(self):
                    self._run(loader, path)
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _run(self, loader: Loader, path: list[str]) -> None:
        self.__path__ = path
        try:
            loader.exec_module(self)
        except BaseException:
            del self.__path__
            raise
        if self.__spec__ is not None:
            self.__loader__ = self.__spec__.loader = loader
        del vars(self)["_waiting"]


sys.meta_path[:0] = [ExtensionsOnDemand(), ModulesOnDemand()]

# TFX's imports make millions of objects that stay; looking for garbage after every 700 takes a sixth of their time.
gc.set_threshold(20_000, 20, 20)
