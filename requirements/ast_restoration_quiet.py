"""Keeps TensorFlow's and its dependents' chatter from users, and lets TensorFlow use the CPU's fast kernels.

Set-up puts it, with a .pth file that imports it, into .venv.

It must act before anything is imported, in every process of the environment (`tfx` starts several), so it cannot be a part
of the project's packages. What the user has set stands.
"""

import os
import warnings

for name, value in {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # CUDA and CPU-feature notes
    "GRPC_VERBOSITY": "NONE",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # on some processors TensorFlow leaves these kernels off, and training takes longer
    "TF_USE_LEGACY_KERAS": "1",  # Transform's layers and TFMA's metrics are tf_keras
    "PIP_QUIET": "1",  # TFX installs the wheels of module files with pip
    "PIP_ROOT_USER_ACTION": "ignore",
    "PYTHONWARNINGS": "ignore::FutureWarning,ignore::DeprecationWarning",  # for processes started from here
}.items():
    os.environ.setdefault(name, value)

if not os.environ["PYTHONWARNINGS"].startswith(("default", "error", "always")):
    warnings.simplefilter("ignore", FutureWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
