"""JSON Schemas (2020-12) of what the server reads and writes, for its OpenAPI document."""

from __future__ import annotations

from typing import Any

from model_code.saved_model.signatures import IMAGES, RESTORE_TENSOR, SERVING_DEFAULT
from pipeline.serving.settings import MODEL_NAME

Schema = dict[str, Any]

ERROR, PREDICT, ANSWER, HEALTH, STATUS, METADATA = (
    "Error",
    "PredictRequest",
    "PredictAnswer",
    "Health",
    "ModelStatus",
    "ModelMetadata",
)
"""Names of the schemas that operations refer to."""


EXAMPLE = {
    "instances": [
        {"b64": "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mOIqpgGRAwQCgAmfgWh4o8lYwAAAABJRU5ErkJggg=="}
    ]
}
"""A request of one image, a grey PNG of 2 x 2 pixels."""


def reference(name: str) -> Schema:
    """Returns a reference to a schema of `schemas`.

    Args:
        name: Its name.
    """
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(max_images: int) -> dict[str, Schema]:
    """Returns all schemas by name.

    Args:
        max_images: Maximum images in one request.
    """
    return {
        ERROR: _object({"error": _text("What is wrong, in one line, and what to do.")}),
        "EncodedImage": _object({"b64": _text("A PNG or JPEG file in base64.", contentEncoding="base64")}),
        "Tensor": _nested(
            3, "An image, [H][W][3]. Values of a request lie in [0, 1]; those of an answer are not clipped."
        ),
        PREDICT: {"oneOf": [*_requests(max_images)]},
        ANSWER: {
            "oneOf": [_object({key: _list("EncodedImage", "Tensor")}) for key in ("predictions", "outputs")],
            "description": "`predictions` for `instances`, `outputs` for `inputs`: files as PNG, tensors as tensors.",
        },
        HEALTH: {
            "type": "object",
            "required": ["status"],
            "additionalProperties": False,
            "properties": {
                "status": {"enum": ["ok", "degraded", "unavailable"]},
                "version": {"type": "integer", "minimum": 0},
                "problem": _text("What keeps a model, or a newer one, from being served."),
                "canary": _text(
                    "What a newer version does that answers a share of the requests, or what became of it."
                ),
                "shadow": _text("The model that restores beside it without answering, or why there is none."),
            },
        },
        STATUS: _object(
            {"model_version_status": {"type": "array", "items": reference("VersionStatus"), "minItems": 1}}
        ),
        "VersionStatus": _object(
            {
                "version": _text("The version's number.", pattern="^[0-9]+$"),
                "state": {"const": "AVAILABLE"},
                "status": _object({"error_code": {"const": "OK"}, "error_message": {"const": ""}}),
            }
        ),
        METADATA: _object(
            {
                "model_spec": _object(
                    {
                        "name": {"const": MODEL_NAME},
                        "signature_name": {"const": ""},
                        "version": _text("The version's number.", pattern="^[0-9]+$"),
                    }
                ),
                "metadata": _object({"signature_def": _object({"signature_def": {"type": "object"}})}),
            }
        ),
    }


def _requests(max_images: int) -> list[Schema]:
    """Returns the forms of a request: rows or columns, files or tensors."""
    forms = []
    for item, signature, required in (
        ("EncodedImage", {"enum": ["", SERVING_DEFAULT]}, False),
        ("Tensor", {"const": RESTORE_TENSOR}, True),
    ):
        named = _object({IMAGES: reference(item)})
        rows = {"type": "array", "minItems": 1, "maxItems": max_images, "items": {"oneOf": [reference(item), named]}}
        bare = rows | {"items": reference(item)}
        columns = {"oneOf": [bare, _object({IMAGES: bare})]}
        for key, images in (("instances", rows), ("inputs", columns)):
            form = _object({key: images, "signature_name": signature})
            forms.append(form if required else form | {"required": [key]})
    return forms


def _object(properties: dict[str, Schema]) -> Schema:
    """Returns an object that has all of some properties and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _text(description: str, **more: str) -> Schema:
    return {"type": "string", "description": description, **more}


def _list(*names: str) -> Schema:
    return {"type": "array", "minItems": 1, "items": {"oneOf": [reference(name) for name in names]}}


def _nested(depth: int, description: str) -> Schema:
    """Returns lists of lists of numbers, the innermost with one number per channel."""
    schema: Schema = {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}}
    for _ in range(depth - 1):
        schema = {"type": "array", "minItems": 1, "items": schema}
    return schema | {"description": description}
