"""Runs a compiled pipeline with `kfp.local`, Kubeflow's own runner for one machine, and prints how it ended, as JSON.

    python run_package.py pipeline.yaml FOLDER SETTINGS

It runs in an environment of kfp alone. Kubeflow's code does all of the work: it loads the file, orders the tasks, fills the
placeholders, makes each ExecutorInput, starts each container, retries, and reads each ExecutorOutput. SETTINGS is a JSON object
of arguments for its DockerRunner, with `read` and `write`, lists of folders of this machine that the containers see.
"""

import contextlib
import functools
import json
import os
import sys
from pathlib import Path

import docker
from docker.models.containers import ContainerCollection
from kfp import components, local
from kfp.local import docker_task_handler

_start = docker_task_handler.run_docker_container


class KeptContainers(ContainerCollection):
    """Starts containers without `auto_remove`: kfp asks for the exit code, and podman forgets it with the container."""

    def run(self, *words, **arguments):
        return super().run(*words, **{**arguments, "auto_remove": False})


class Recorder:
    """Hands a container on to Kubeflow's function, and notes the command, the exit code and the log."""

    def __init__(self, folder):
        self.folder, self.tasks = folder, []

    def __call__(self, **arguments):
        log = self.folder / f"{len(self.tasks):02}.txt"
        with log.open("w") as output, contextlib.redirect_stdout(output):
            code = _start(**arguments)
        self.tasks.append({"command": arguments["command"], "code": code, "log": str(log)})
        return code


def runner(settings: dict) -> local.DockerRunner:
    """Returns Kubeflow's runner with the folders and limits of the settings.

    Args:
        settings: Arguments of DockerRunner, `read`, `write`, and `ulimits` by name.
    """
    folders = [(path, True) for path in settings.pop("read")] + [(path, False) for path in settings.pop("write")]
    return local.DockerRunner(
        mounts=[docker.types.Mount(path, path, type="bind", read_only=read_only) for path, read_only in folders],
        ulimits=[
            docker.types.Ulimit(name=name, soft=limit, hard=limit) for name, limit in settings.pop("ulimits").items()
        ],
        **settings,
    )


def run(file: Path, folder: Path, settings: dict) -> dict:
    """Returns Kubeflow's error, empty for success, and command, exit code and log of each container.

    Args:
        file: The compiled pipeline.
        folder: Folder for artifacts and logs; the containers' user may write `artifacts`.
        settings: The settings of the containers.
    """
    recorder = Recorder(folder / "logs")
    docker_task_handler.run_docker_container = recorder
    # The default ends a task that prints nothing for a minute.
    docker.from_env = functools.partial(docker.from_env, timeout=1800)
    docker.DockerClient.containers = property(lambda client: KeptContainers(client=client))
    local.init(runner(settings), pipeline_root=str(folder / "artifacts"))
    os.chdir(folder)
    error = ""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            components.load_component_from_file(str(file))()
        except RuntimeError as failure:
            error = str(failure)
    return {"error": error, "tasks": recorder.tasks}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))))
