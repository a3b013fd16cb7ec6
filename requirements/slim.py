"""Takes out of an environment what no process of the image uses: headers, tests, symbols, and bytecode of what nobody imports.

The image's build calls it: `python requirements/slim.py SITE_PACKAGES`. It prints what each step has freed. It removes no file
that is named like a licence. It ends by importing the modules from what is left, and so fails where too much has gone.
"""

from __future__ import annotations

import os
import py_compile
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# Headers and examples: what a compiler or a reader would want.
FOLDERS = (
    "tensorflow/include",
    "pyarrow/include",
    "apache_beam/examples",
    "tfx/examples",
    "cv2/data",
)
# Tests stand in folders of these names; `test` and `testing` are parts of TensorFlow's and NumPy's interfaces.
TEST_FOLDERS = {"tests", "testdata"}
# Google's libraries have them beside the code. Elsewhere a module of such a name can be a statistical test, as in SciPy.
TESTS_BESIDE_CODE = (
    "tfx",
    "tfx_bsl",
    "tensorflow_model_analysis",
    "tensorflow_data_validation",
    "tensorflow_transform",
    "apache_beam",
)
LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|authors)", re.IGNORECASE)
# What auditwheel has put there is patched, and strip can break a patched file.
PATCHED = re.compile(r"\.libs$")
DELIVERED_WITHOUT_SYMBOLS = "nvidia"  # CUDA's libraries
WORTH_STRIPPING = 100_000  # bytes

# What tasks, Beam's workers, the server and the commands import.
MODULES = (
    "apache_beam.runners.direct.direct_runner",
    "apache_beam.runners.portability.fn_api_runner",
    "apache_beam.runners.portability.portable_runner",
    "apache_beam.runners.worker.sdk_worker_main",
    "apache_beam.runners.worker.worker_pool_main",
    "cronsim",
    "click",
    "cv2",
    "filelock",
    "jinja2",
    "keras",
    "keras_tuner",
    "kfp.compiler",
    "markdown_it",
    "ml_metadata",
    "PIL.Image",
    "prometheus_client",
    "psutil",
    "pydantic",
    "rich.console",
    "rich.progress",
    "scipy.fft",
    "scipy.ndimage",
    "scipy.sparse.csgraph",
    "skimage.color",
    "skimage.metrics",
    "starlette.applications",
    "tensorboard",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tensorflow_serving.apis",
    "tensorflow_transform.beam",
    "tf_keras",
    "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor",
    "tfx.orchestration.local.local_dag_runner",
    "tfx.v1",
    "uvicorn.protocols.http.h11_impl",
    "yaml",
)

IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
for module in list(sys.modules.values()):
    if getattr(module, "__file__", None):
        print(module.__file__)
"""


def files_below(folder: Path) -> Iterator[Path]:
    """Yields the files of a folder and of its subfolders, links left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                yield path


def remove(paths: Iterable[Path]) -> int:
    """Removes files and what folders hold, but licences.

    Args:
        paths: files or folders.

    Returns:
        How many bytes the files had.
    """
    freed = 0
    for path in paths:
        for file in list(files_below(path)) if path.is_dir() else [path]:
            if not LICENCE.match(file.name):
                freed += file.stat().st_size
                file.unlink()
        if path.is_dir() and not any(files_below(path)):
            shutil.rmtree(path)
    return freed


def tests(site: Path) -> Iterator[Path]:
    """Yields folders of tests, and modules of tests where they stand beside the code."""
    for parent, folders, _ in os.walk(site):
        for name in [name for name in folders if name in TEST_FOLDERS]:
            folders.remove(name)
            yield Path(parent, name)
    for package in TESTS_BESIDE_CODE:
        yield from (site / package).rglob("*_test.py")


def strip(site: Path) -> int:
    """Takes the symbols that only a debugger reads out of compiled libraries.

    Returns:
        How many bytes that has freed.
    """
    freed = 0
    for library in files_below(site):
        if not re.search(r"\.so(\.[0-9.]+)?$", library.name) or PATCHED.search(library.parent.name):
            continue
        if DELIVERED_WITHOUT_SYMBOLS in library.parts:
            continue
        stripped = library.with_name(f"{library.name}.stripped")
        subprocess.run(["strip", "--strip-unneeded", "-o", stripped, library], check=True)
        saved = library.stat().st_size - stripped.stat().st_size
        if saved >= WORTH_STRIPPING:
            stripped.chmod(library.stat().st_mode)
            stripped.replace(library)
            freed += saved
        else:
            stripped.unlink()
    return freed


def compile_imported(site: Path, modules: Sequence[str]) -> tuple[int, int]:
    """Imports modules in a new process and writes bytecode of all that this loads.

    The bytecode is not compared with the source's time of change, so a copy of the environment with other times is as quick.

    Returns:
        The number of files that were compiled, and the bytes of their bytecode.
    """
    done = subprocess.run([sys.executable, "-B", "-c", IMPORT, *modules], stdout=subprocess.PIPE, text=True, check=True)
    sources = sorted(
        {line for line in done.stdout.splitlines() if line.endswith(".py") and line.startswith(f"{site}/")}
    )
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    written = [py_compile.compile(source, doraise=True, invalidation_mode=mode) for source in sources]
    return len(written), sum(os.path.getsize(path) for path in written if path)


def main(site: Path) -> None:
    """Runs all steps on an environment, given by its `site-packages`."""
    caches = [path for path in site.rglob("__pycache__") if path.is_dir()]
    for step, freed in (
        ("bytecode", remove(caches)),
        ("headers, examples", remove(site / name for name in FOLDERS)),
        ("tests", remove(tests(site))),
        ("symbols", strip(site)),
    ):
        print(f"slim: {step}: {freed / 1e6:.0f} MB less", flush=True)
    count, size = compile_imported(site, MODULES)
    print(f"slim: bytecode of {count} modules that are imported: {size / 1e6:.0f} MB more")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
