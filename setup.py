"""The `ast-restoration` distribution: five packages and the `ast-restore` command."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="ast-restoration",
    version="0.2.0",
    description="A TFX pipeline that trains, gates and deploys the Adaptive Sparse Transformer for image restoration",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(
        include=[
            f"{name}{tail}"
            for name in ("pipeline", "components", "model_code", "data", "kubeflow")
            for tail in ("", ".*")
        ]
    ),
    package_data={
        "pipeline": [
            "benchmarks/pair_faults/page/templates/*",
            "benchmarks/starter/*.csv",
            "configs/*.yaml",
            "schema/*.pbtxt",
            "report/comparison/templates/*",
            "report/overview/templates/*",
            "report/page/templates/*",
            "report/pairs/templates/*",
            "report/templates/*",
            "serving/page/*",
        ],
        "data": ["photos/*", "templates/*"],
        "model_code": ["weights/starter/*.npz", "weights/starter/*.json", "weights/starter/*.md"],
    },
    install_requires=[
        "tfx>=1.16,<1.22",
        "tensorflow>=2.16,<2.22",
        "tf-keras>=2.16,<2.22",
        "tensorflow-data-validation>=1.16,<1.22",
        "tensorflow-transform>=1.16,<1.22",
        "tensorflow-model-analysis>=0.47",
        "tensorflow-metadata>=1.16",
        "apache-beam>=2.60",
        "ml-metadata>=1.16",
        "numpy>=1.26",
        "pydantic>=2",
        "pyyaml>=6",
        "click>=8",
        "rich>=13",
        "jinja2>=3",
        "markupsafe>=2",
        "pillow>=10",
        "scikit-image>=0.24",
        "scipy>=1.12",
        "opencv-python-headless>=4.10",
        "filelock>=3.12",
        "markdown-it-py>=3",
        "psutil>=5.9",
        "tensorboard>=2.16",
        "keras-tuner>=1.4",
        "tensorflow-serving-api>=2.16",
        "cronsim>=2.6",
        "tzlocal>=5",
        "starlette>=0.40",
        "uvicorn>=0.30",
        "h11>=0.14",
        "prometheus-client>=0.20",
    ],
    extras_require={"kubeflow": ["kfp>=2.5,<3"], "mlflow": ["mlflow-skinny>=3.17,<4"]},
    entry_points={"console_scripts": ["ast-restore=pipeline.commands.cli:main"]},
)
