"""A SavedModel that could touch files is refused before anything of it runs, wherever the operation hides."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from data.errors import InputError
from model_code.saved_model.export import save_restorer
from model_code.saved_model.loading import load_restorer
from model_code.saved_model.operations import require_harmless
from pipeline.serving.model.saved_model_session import SavedModelSession
from tests.model_code import drawn_pairs


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "1"
    model = drawn_pairs.small_network()
    save_restorer(lambda images: model(images, training=False), folder, model.variables)
    return folder


def _saved(restore, folder):
    save_restorer(restore, folder)
    return folder


def _with(operation):
    """A restorer that runs an operation beside its work."""

    def restore(images):
        with tf.control_dependencies([operation()]):
            return images * 0.5

    return restore


def _behind_a_loop(path):
    def restore(images):
        def work(number):
            tf.io.write_file(path, "x")
            return (number + 1,)

        tf.while_loop(lambda number: number < 1, work, (tf.constant(0),))
        return images * 0.5

    return restore


TOUCHING = {
    "WriteFile": lambda path: _with(lambda: tf.io.write_file(path, "x")),
    "ReadFile": lambda path: _with(lambda: tf.io.read_file(path)),
    "MatchingFiles": lambda path: _with(lambda: tf.io.matching_files(path + "*")),
    "SaveV2": lambda path: _with(
        lambda: tf.raw_ops.SaveV2(prefix=path, tensor_names=["a"], shape_and_slices=[""], tensors=[1.0])
    ),
    "EagerPyFunc": lambda path: _with(lambda: tf.py_function(lambda: open(path, "w").close(), [], [])),
    "PrintV2": lambda path: _with(lambda: tf.print("x", output_stream=f"file://{path}")),
    "behind a loop": _behind_a_loop,
}


@pytest.mark.parametrize("kind", TOUCHING)
def test_operations_that_touch_files_are_refused_and_do_not_run(tmp_path, kind):
    path = tmp_path / "touched"
    folder = _saved(TOUCHING[kind](str(path)), tmp_path / "1")
    path.unlink(missing_ok=True)
    for load in (load_restorer, SavedModelSession, require_harmless):
        with pytest.raises(InputError, match="--trust-model") as caught:
            load(folder)
        assert ("WriteFile" if kind == "behind a loop" else kind) in str(caught.value)
    assert not path.exists()


def test_a_trusted_model_is_loaded(tmp_path):
    path = tmp_path / "touched"
    folder = _saved(_with(lambda: tf.io.write_file(str(path), "x")), tmp_path / "1")
    images = np.ones((1, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(SavedModelSession(folder, is_trusted=True).restore(images), images / 2)
    np.testing.assert_array_equal(load_restorer(folder, is_trusted=True).restore_tensor(images), images / 2)
    assert path.read_text() == "x"


def test_models_of_this_project_are_accepted(network, tmp_path):
    require_harmless(network)
    require_harmless(_saved(lambda images: images * 0.5, tmp_path / "1"))


def test_saving_is_allowed_only_where_nothing_calls_it(network, tmp_path):
    saved = saved_model_pb2.SavedModel.FromString((network / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0]
    saving = next(node for node in graph.graph_def.node if node.name == graph.saver_def.save_tensor_name.split(":")[0])
    for name in ("called", "object", "load"):
        changed = saved_model_pb2.SavedModel.FromString(saved.SerializeToString())
        other = changed.meta_graphs[0]
        if name == "called":
            other.graph_def.node.add().CopyFrom(saving)
            other.graph_def.node[-1].name = "another"
        elif name == "object":
            other.object_graph_def.concrete_functions[saving.attr["f"].func.name].SetInParent()
        else:
            other.saver_def.restore_op_name = saving.name
        (tmp_path / "saved_model.pb").write_bytes(changed.SerializeToString())
        with pytest.raises(InputError, match="SaveV2"):
            require_harmless(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x00garbage", b"\x0a\xff\xff\xff\x7f", None])
def test_what_is_no_saved_model_gets_a_line(tmp_path, content):
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    if content == b"":
        require_harmless(tmp_path)  # an empty message has no operation; the loader refuses it
        return
    with pytest.raises(InputError, match="cannot be read"):
        require_harmless(tmp_path)
