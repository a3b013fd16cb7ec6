"""Reads a compiled pipeline with Kubeflow's own loader and protos, and prints what they understood, as JSON.

    python read_package.py pipeline.yaml

It runs in an environment of kfp alone. A field that the release's protos do not know ends it with an error.
"""

import json
import sys
from pathlib import Path

import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb2
from kfp.pipeline_spec import pipeline_spec_pb2


def read(file: Path) -> dict:
    """Returns both documents as the protos hold them.

    Args:
        file: The compiled pipeline.
    """
    loaded = components.load_component_from_file(str(file))
    pipeline, *rest = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    spec = json_format.ParseDict(pipeline, pipeline_spec_pb2.PipelineSpec())
    executors = {
        # The deployment is a Struct in the proto, so its content is parsed as what the driver parses it as.
        label: json_format.ParseDict(value, pipeline_spec_pb2.PipelineDeploymentConfig.ExecutorSpec())
        for label, value in pipeline["deploymentSpec"]["executors"].items()
    }
    platform = json_format.ParseDict(rest[0] if rest else {}, pipeline_spec_pb2.PlatformSpec())
    configs = json_format.MessageToDict(platform)["platforms"]["kubernetes"]["deploymentSpec"] if rest else {}
    kubernetes = {
        label: json_format.ParseDict(value, kubernetes_pb2.KubernetesExecutorConfig())
        for label, value in configs.get("executors", {}).items()
    }
    return {
        "name": loaded.name,
        "loads_platform": bool(loaded.platform_spec.platforms),
        "spec": json_format.MessageToDict(spec),
        "executors": {label: json_format.MessageToDict(value) for label, value in executors.items()},
        "kubernetes": {label: json_format.MessageToDict(value) for label, value in kubernetes.items()},
    }


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]))))
