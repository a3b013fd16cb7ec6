"""The module inside a real Transform component, and a training on what that component wrote."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import v1 as tfx

from data import features, records
from model_code import preprocessing, trainer
from model_code.network.settings import ModelSettings
from model_code.saved_model.loading import load_restorer
from model_code.settings import Stage, TrainSettings
from tests.model_code import drawn_pairs

pytestmark = pytest.mark.slow

SIZES = {
    features.TRAIN: [(40, 52), (64, 48), (33, 35)],
    features.VALIDATION: [(36, 44)],
    features.EVALUATION: [(41, 30)],
}
MAX_SIDE = 48


def write_schema(folder: Path) -> Path:
    schema = schema_pb2.Schema()
    for names, kind in ((features.BYTES_FEATURES, schema_pb2.BYTES), (features.INT_FEATURES, schema_pb2.INT)):
        for name in names:
            feature = schema.feature.add(name=name, type=kind)
            feature.presence.min_fraction = 1.0
            feature.shape.SetInParent()
    path = folder / "schema.pbtxt"
    path.write_text(text_format.MessageToString(schema))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """ImportExampleGen, ImportSchemaGen and Transform, run for real on five drawn pairs of different sizes."""
    folder = tmp_path_factory.mktemp("transform")
    for number, (split, sizes) in enumerate(SIZES.items()):
        path = folder / "span-1" / f"{split}-00000-of-00001.tfrecord"
        drawn_pairs.write(path, sizes, first_seed=10 * number, compression="")
    splits = [tfx.proto.Input.Split(name=split, pattern=f"span-1/{split}-*") for split in SIZES]
    examples = tfx.components.ImportExampleGen(input_base=str(folder), input_config=tfx.proto.Input(splits=splits))
    schema = tfx.components.ImportSchemaGen(schema_file=str(write_schema(folder)))
    transform = tfx.components.Transform(
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        module_file=preprocessing.__file__,
        custom_config={"max_side": MAX_SIDE},
        materialize=False,
        disable_statistics=True,
        splits_config=tfx.proto.SplitsConfig(analyze=[features.TRAIN], transform=list(SIZES)),
    )
    root = folder / "pipeline"
    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite"))
    pipeline = tfx.dsl.Pipeline(
        pipeline_name="transforming",
        pipeline_root=str(root),
        components=[examples, schema, transform],
        metadata_connection_config=metadata,
    )
    tfx.orchestration.LocalDagRunner().run(pipeline)
    (examples_uri,) = root.glob("ImportExampleGen/examples/*")
    (graph_uri,) = root.glob("Transform/transform_graph/*")
    return SimpleNamespace(examples=examples_uri, graph=graph_uri, root=root)


def serialized(run: SimpleNamespace, split: str) -> list[bytes]:
    files = [str(path) for path in sorted((run.examples / f"Split-{split}").iterdir())]
    return list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())


def test_no_pixel_is_written(run: SimpleNamespace) -> None:
    assert not list(run.root.glob("Transform/transformed_examples/*/*/*"))


def test_graph_on_single_records_gives_the_decoded_shrunken_images(run: SimpleNamespace) -> None:
    output = tft.TFTransformOutput(str(run.graph))
    layer = output.transform_features_layer()
    for example in serialized(run, features.TRAIN):
        parsed = layer(tf.io.parse_example(tf.constant([example]), output.raw_feature_spec()))
        record = records.PairRecord.from_example(example)
        for name in (features.INPUT_IMAGE, features.TARGET_IMAGE):
            image = parsed[name].to_tensor()[0]
            expected = tf.io.decode_image(getattr(record, name), channels=3).numpy() / 255.0
            assert max(image.shape[:2]) <= MAX_SIDE
            if max(expected.shape[:2]) <= MAX_SIDE:
                np.testing.assert_allclose(image, expected, atol=1e-7)
            assert abs(float(tf.reduce_mean(image)) - expected.mean()) < 0.02


def test_graph_takes_a_batch_of_different_sizes(run: SimpleNamespace) -> None:
    output = tft.TFTransformOutput(str(run.graph))
    batch = tf.constant(serialized(run, features.TRAIN))
    parsed = output.transform_features_layer()(tf.io.parse_example(batch, output.raw_feature_spec()))
    images, targets = (parsed[name] for name in (features.INPUT_IMAGE, features.TARGET_IMAGE))
    assert images.shape[0] == targets.shape[0] == 3
    assert sorted(images.row_lengths().numpy()) == [33, 37, 48]  # 40x52 -> 37x48, 64x48 -> 48x36, 33x35 stays


def test_run_fn_trains_on_the_graph_and_saves_a_restorer(
    run: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = TrainSettings(stages=(Stage(patch=32, batch=2, steps=3, learning_rate=1e-3),))
    model = ModelSettings(variant="micro8", img_size=32, embed_dim=4, num_heads=(1,) * 9, drop_path=0.0)
    fn_args = SimpleNamespace(
        train_files=[str(run.examples / "Split-train" / "*")],
        eval_files=[str(run.examples / "Split-validation" / "*")],
        transform_output=str(run.graph),
        serving_model_dir=str(tmp_path / "Format-Serving"),
        model_run_dir=str(tmp_path / "run"),
        base_model=None,
        hyperparameters={"space": [], "values": {"learning_rate": 2e-3}},
        custom_config={
            "train": settings.model_dump(mode="json"),
            "model": model.model_dump(mode="json"),
            "checkpoints": str(tmp_path / "checkpoints"),
        },
    )
    trainer.run_fn(fn_args)
    (command,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("tensorboard"))
    assert list(Path(command.removeprefix("tensorboard --logdir ")).glob("events.*"))
    assert list((tmp_path / "checkpoints").iterdir()) == []  # a training that is over leaves none
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert history["stopped"] == "completed"
    assert history["recipe"]["pairs"] == {"train": 3, "validation": 1}
    assert history["recipe"]["model"]["embed_dim"] == 4
    assert history["recipe"]["parent"] is None
    assert history["recipe"]["tuned"] == {"learning_rate": 2e-3}
    assert history["recipe"]["train"]["stages"][0]["learning_rate"] == 2e-3  # the Tuner's, not the config's
    examples = serialized(run, features.EVALUATION)
    (restored,) = load_restorer(fn_args.serving_model_dir).restore_examples(examples)
    assert tf.io.decode_png(restored).shape == (41, 30, 3)
    loaded = tf.saved_model.load(fn_args.serving_model_dir)
    parsed = loaded.signatures["transform_features"](examples=tf.constant(examples))
    assert parsed[features.TARGET_IMAGE].shape == (1, 41, 30, 3)
