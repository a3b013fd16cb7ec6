"""What TFMA makes of the Evaluator's configuration."""

import tensorflow as tf
import tensorflow_model_analysis as tfma

from components.evaluation.eval_config import eval_config


def test_tfma_loads_no_model_to_find_its_type(monkeypatch, tmp_path):
    loaded = []
    monkeypatch.setattr(tf.keras.models, "load_model", loaded.append)
    config = eval_config(["severity"], 4)
    shared = tfma.default_eval_shared_model(eval_saved_model_path=str(tmp_path), eval_config=config)
    assert shared.model_type == "tf_generic"
    assert shared.model_loader.tags == [tf.saved_model.SERVING]
    assert loaded == []
