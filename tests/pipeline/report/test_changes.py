"""What differs between two runs."""

from pipeline.report.changes import config_changes

BEFORE = "train:\n  stages:\n  - {steps: 120, patch: 32}\n  loss: [l1, ssim]\ngate: {min_psnr: 18.0}\n"


def listed(before, after):
    return [(change.name, change.before, change.after) for change in config_changes(before, after)]


def test_each_setting_that_differs_is_named_by_its_path():
    after = (
        "train:\n  stages:\n  - {steps: 400, patch: 32}\n  - {steps: 9, patch: 64}\n  loss: [l1]\ndata: {source: x}\n"
    )
    assert listed(BEFORE, after) == [
        ("train.stages.0.steps", "120", "400"),
        ("train.stages.1.steps", "–", "9"),
        ("train.stages.1.patch", "–", "64"),
        ("train.loss", '["l1", "ssim"]', '["l1"]'),
        ("data.source", "–", "x"),
        ("gate.min_psnr", "18.0", "–"),
    ]


def test_the_order_of_keys_is_no_change():
    assert listed(BEFORE, "gate: {min_psnr: 18.0}\n" + BEFORE.partition("gate")[0]) == []


def test_a_configuration_that_cannot_be_read_is_one_change_that_says_so():
    ((name, _, after),) = listed(BEFORE, "train: [")
    assert name == "the configuration"
    assert "cannot be compared: line" in after
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
    )
    assert "cannot be compared: more than" in listed(BEFORE, bomb)[0][2]
