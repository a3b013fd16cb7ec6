"""Converts a checkpoint of the authors to a SavedModel."""

from __future__ import annotations

from pathlib import Path

from data.errors import InputError


def import_checkpoint(checkpoint: Path, variant: str, img_size: int, directory: Path) -> int:
    """Writes a SavedModel from a checkpoint of the authors' code.

    Args:
        checkpoint: A `.pth` file of `torch.save`.
        variant: A name in `model_code.network.spec.VARIANTS`.
        img_size: Nominal side in pixels that the checkpoint was trained with; the authors use 128.
        directory: The folder to write; it must be new or empty.

    Returns:
        The number of parameters.

    Raises:
        InputError: The checkpoint cannot be read or does not fit the variant (the message lists the keys), or the folder is
            not empty.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory}: there is something already; give a new folder")
    from model_code.weights.torch_checkpoint import read_state_dict

    state = read_state_dict(checkpoint)
    from model_code.network import build
    from model_code.saved_model import export
    from model_code.weights import reference_weights

    model = build.build(variant, img_size, seed=0)
    try:
        reference_weights.load_reference_weights(model, state)
    except InputError as error:
        raise InputError(f"{checkpoint}, as {variant} of img_size {img_size}: {error}") from error
    export.save_restorer(lambda images: model(images, training=False), directory, model.variables)
    return int(sum(variable.numpy().size for variable in model.trainable_variables))
