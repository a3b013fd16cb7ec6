"""Plays Argo: runs a workflow's templates on a node, as far as the workflows of Kubeflow's compiler go.

All commands, arguments, dependencies and conditions are the workflow's; here they are followed, not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.kubeflow.acceptance.backend.pods import Node, patched

SUCCEEDED, FAILED, OMITTED, SKIPPED = "Succeeded", "Failed", "Omitted", "Skipped"
_TAG = re.compile(r"\{\{((?:inputs|outputs|tasks|workflow)\.[^{}]+)\}\}")


@dataclass(frozen=True)
class Result:
    """How a template ended.

    Attributes:
        phase: Argo's word for it.
        outputs: Its output parameters.
    """

    phase: str
    outputs: Mapping[str, str] = field(default_factory=dict)


class Argo:
    """Runs a workflow, one task at a time."""

    def __init__(self, workflow: dict, node: Node) -> None:
        """Keeps the workflow.

        Args:
            workflow: The workflow, as the API server submits it.
            node: Where its pods run.
        """
        self._templates = {template["name"]: template for template in workflow["spec"]["templates"]}
        self._entrypoint = workflow["spec"]["entrypoint"]
        self._tags = {
            f"workflow.annotations.{key}": value for key, value in workflow["metadata"]["annotations"].items()
        }
        self._node = node
        self.phases: dict[str, str] = {}

    def run(self) -> str:
        """Returns the phase in which the workflow ended."""
        return self._run(self._entrypoint, self._entrypoint, {}).phase

    def _run(self, name: str, template_name: str, arguments: Mapping[str, str]) -> Result:
        template = self._templates[template_name]
        tags = dict(self._tags)
        for parameter in template["inputs"].get("parameters", ()):
            value = arguments.get(parameter["name"], parameter.get("default"))
            assert value is not None, f"{name}: no {parameter['name']}"
            tags[f"inputs.parameters.{parameter['name']}"] = value
        result = self._dag(name, template, tags) if "dag" in template else self._pod(name, template, tags)
        self.phases[name] = result.phase
        return result

    def _dag(self, path: str, template: dict, tags: dict[str, str]) -> Result:
        """Runs the tasks of a DAG. As Argo has it, the tasks on which no other depends say how the DAG ended."""
        waiting = {task["name"]: task for task in template["dag"]["tasks"]}
        needed = {name for task in waiting.values() for name in _names(task.get("depends", ""))}
        phases: dict[str, str] = {}
        while waiting:
            name = next(name for name, task in waiting.items() if _names(task.get("depends", "")) <= phases.keys())
            task = waiting.pop(name)
            if not _holds(task.get("depends", ""), phases):
                phases[name] = OMITTED
            elif not _is_true(_filled(task.get("when", ""), tags)):
                phases[name] = SKIPPED
            else:
                arguments = {
                    parameter["name"]: _filled(parameter.get("value") or parameter.get("default", ""), tags)
                    for parameter in task["arguments"]["parameters"]
                }
                result = self._run(f"{path}.{name}", task["template"], arguments)
                phases[name] = result.phase
                tags |= {f"tasks.{name}.outputs.parameters.{key}": value for key, value in result.outputs.items()}
        last = [phase for name, phase in phases.items() if name not in needed]
        # One that was omitted ends as the failed one before it.
        return Result(FAILED if {FAILED, OMITTED} & set(last) else SUCCEEDED)

    def _pod(self, name: str, template: dict, tags: dict[str, str]) -> Result:
        outputs = self._node.folder / "outputs" / f"{len(self._node.ended):03}-{name}"
        outputs.mkdir(parents=True)
        outputs.chmod(0o777)
        parameters = template["outputs"].get("parameters", ())
        tags |= {
            f"outputs.parameters.{parameter['name']}.path": parameter["valueFrom"]["path"] for parameter in parameters
        }
        main = json.loads(_filled(json.dumps(template["container"]), tags, quoted=True)) | {"name": "main"}
        pod = {"containers": [main], **{key: template[key] for key in ("volumes", "initContainers") if key in template}}
        if "podSpecPatch" in template:
            pod = patched(pod, json.loads(_filled(template["podSpecPatch"], tags)))
        ended = self._node.run_pod(name, pod, outputs)
        if ended.code:
            return Result(FAILED)
        return Result(
            SUCCEEDED, {parameter["name"]: _output(parameter["valueFrom"], outputs) for parameter in parameters}
        )


def _output(source: dict, outputs: Path) -> str:
    file = outputs / Path(source["path"]).relative_to("/tmp/outputs")
    return file.read_text() if file.exists() else source["default"]


def _filled(text: str, tags: Mapping[str, str], quoted: bool = False) -> str:
    """Returns a text with Argo's tags replaced; Kubeflow's, `{{$...}}`, are none of Argo's."""

    def value(match: re.Match[str]) -> str:
        return json.dumps(tags[match[1]])[1:-1] if quoted else tags[match[1]]

    return _TAG.sub(value, text)


def _names(depends: str) -> set[str]:
    return set(re.findall(r"([\w-]+)\.\w+", depends))


def _holds(depends: str, phases: Mapping[str, str]) -> bool:
    """Whether `a.Succeeded && b.Succeeded`, or the same with `||`, holds."""
    each = [phases[name] == phase for name, phase in re.findall(r"([\w-]+)\.(\w+)", depends)]
    assert not ("&&" in depends and "||" in depends), depends
    return any(each) if "||" in depends else all(each)


def _is_true(when: str) -> bool:
    if not when:
        return True
    left, right = when.split(" != ")
    return left != right
