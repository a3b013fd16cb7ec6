"""Small parts of an input that show what the target has elsewhere; parts that are merely hidden or sway."""

import cv2
import numpy as np
import pytest

from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.registering.mismatches import cell_products, detail, mismatched_windows
from components.pair_validator.measuring.registering.patches import find_parts
from components.pair_validator.measuring.registering.turns import TURNS
from components.pair_validator.settings import PairThresholds
from data.synthesis.embedded import embedded_photos
from tests.components.pair_validator.drawing import encode, haze, luma, rain, scene

THRESHOLD = PairThresholds().max_patch_evidence
FOREIGN_THRESHOLD = PairThresholds().max_foreign_evidence
DRAWN = scene(11, 320, 416)


@pytest.fixture(scope="module")
def photo():
    """A photograph, 320 x 480 pixels."""
    whole = cv2.imread(str(embedded_photos() / "aitzgorri.jpg"))[:, :, ::-1]
    top, left = (whole.shape[0] - 320) // 2, (whole.shape[1] - 480) // 2
    return np.ascontiguousarray(whole[top : top + 320, left : left + 480])


@pytest.fixture(scope="module")
def rainy(photo):
    return rain(photo, 12)


def parts(degraded, target):
    return find_parts(*(planes_of(np.ascontiguousarray(image)) for image in (degraded, target)))


def found(degraded, target):
    return parts(degraded, target)[0]


def evidence(degraded, target):
    patch = found(degraded, target)
    return 0.0 if patch is None else patch.evidence


def foreign(degraded, target):
    part = parts(degraded, target)[1]
    return 0.0 if part is None else part.evidence


def with_part(image, top, left, part):
    changed = image.copy()
    changed[top : top + part.shape[0], left : left + part.shape[1]] = part
    return changed


def shares(box, top, left, bottom, right):
    """Returns which share of their union a box and a part have in common."""
    common = max(0, min(box[2], bottom) - max(box[0], top)) * max(0, min(box[3], right) - max(box[1], left))
    both = (box[2] - box[0]) * (box[3] - box[1]) + (bottom - top) * (right - left)
    return common / (both - common)


@pytest.mark.parametrize(("top", "left", "pixels"), [(64, 101, 8), (131, 300, 16), (206, 47, -8), (222, 330, -16)])
@pytest.mark.parametrize("weather", [rain, lambda image, _: haze(image)], ids=["rain", "haze"])
def test_a_displaced_block_of_64_pixels_is_found_where_it_is(photo, weather, top, left, pixels):
    degraded = weather(photo, 12)
    moved = np.roll(degraded, pixels, axis=1)[top : top + 64, left : left + 64]
    patch = found(with_part(degraded, top, left, moved), photo)
    assert patch.evidence > THRESHOLD
    assert patch.distance == pytest.approx(abs(pixels), abs=1.5)
    assert patch.turn == ""
    assert shares(patch.box, top, left, top + 64, left + 64) > 0.4


@pytest.mark.parametrize(("first", "second"), [((0, 96), (192, 288)), ((96, 0), (96, 96))])
def test_exchanged_tiles_are_found(photo, rainy, first, second):
    one, two = (rainy[top : top + 96, left : left + 96] for top, left in (first, second))
    patch = found(with_part(with_part(rainy, *first, two), *second, one), photo)
    assert patch.evidence > THRESHOLD
    assert patch.distance == pytest.approx(np.hypot(first[0] - second[0], first[1] - second[1]), abs=2)
    assert max(shares(patch.box, *corner, corner[0] + 96, corner[1] + 96) for corner in (first, second)) > 0.4


@pytest.mark.parametrize(
    ("turn", "name"), [(np.fliplr, "mirrored"), (np.flipud, "upside down"), (np.rot90, "turned by 90 degrees")]
)
def test_a_turned_tile_is_found_with_its_turn(photo, rainy, turn, name):
    patch = found(with_part(rainy, 96, 192, turn(rainy[96:192, 192:288])), photo)
    assert patch.evidence > THRESHOLD
    assert patch.turn == name
    assert shares(patch.box, 96, 192, 192, 288) > 0.4


def test_a_strip_of_rows_written_twice_is_found(photo, rainy):
    patch = found(with_part(rainy, 160, 0, rainy[128:160]), photo)
    assert patch.evidence > THRESHOLD
    assert patch.distance == pytest.approx(32, abs=1.5)
    assert patch.box[0] == pytest.approx(160, abs=16)
    assert patch.box[2] == pytest.approx(192, abs=16)


def test_a_mirrored_half_is_found(photo, rainy):
    patch = found(with_part(rainy, 0, 240, rainy[:, 240:][:, ::-1]), photo)
    assert patch.evidence > THRESHOLD
    assert patch.turn == "mirrored"


@pytest.mark.parametrize(
    "degrade",
    [
        rain,
        lambda image, seed: rain(image, seed, streaks=1500, strength=160),
        lambda image, _: haze(image, 0.2),
        lambda image, _: cv2.GaussianBlur(image, (0, 0), 1.5),
        lambda image, seed: np.clip(image + np.random.default_rng(seed).normal(0, 25, image.shape), 0, 255).astype(
            np.uint8
        ),
        lambda image, _: image,
    ],
    ids=["rain", "heavy rain", "dense haze", "blur", "noise", "clean"],
)
def test_a_true_pair_has_no_moved_part(photo, degrade):
    for target in (photo, DRAWN):
        assert evidence(degrade(target, 3), target) < THRESHOLD / 1.5
        assert foreign(degrade(target, 3), target) < FOREIGN_THRESHOLD / 1.5


def test_a_part_that_is_hidden_matches_nowhere(photo, rainy):
    blurred = cv2.GaussianBlur(rainy[100:170, 200:270], (0, 0), 6)
    random = np.random.default_rng(1).normal(0, 20, blurred.shape)
    hidden = with_part(rainy, 100, 200, np.clip(blurred + random, 0, 255).astype(np.uint8))
    assert evidence(hidden, photo) < THRESHOLD / 1.5


def test_a_drop_that_blurs_a_part_is_not_foreign(photo, rainy):
    drop = cv2.GaussianBlur(rainy, (0, 0), 8)[80:200, 180:300]
    assert foreign(with_part(rainy, 80, 180, drop), photo) < FOREIGN_THRESHOLD / 1.5


@pytest.mark.parametrize("weather", [lambda image: rain(image, 12), lambda image: haze(image)], ids=["rain", "haze"])
def test_a_tile_of_another_picture_is_found_where_it_is(photo, weather):
    degraded = weather(photo)
    other = weather(scene(5, 320, 480))[192:288, 288:384]
    part = parts(with_part(degraded, 192, 288, other), photo)[1]
    assert part.evidence > FOREIGN_THRESHOLD
    assert shares(part.box, 192, 288, 288, 384) > 0.4


def test_a_net_that_sways_is_no_moved_part(photo):
    """All meshes look alike: a net that moved by part of a mesh matches at many places, at its own as well."""
    rows, columns = np.mgrid[0:96, 0:96]

    def net(aside):
        return (60 * ((rows % 12 < 3) | ((columns + aside) % 12 < 3)) + 90).astype(np.uint8)[..., None].repeat(3, 2)

    degraded = with_part(rain(photo, 3), 100, 200, net(2))
    assert evidence(degraded, with_part(photo, 100, 200, net(0))) < THRESHOLD


def test_few_windows_of_a_true_pair_are_asked(photo, rainy):
    """Asking takes many times as long as the first look."""
    assert mismatched_windows(cell_products(*(detail(luma(image)[::2, ::2]) for image in (rainy, photo)))) == []


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"{turn.name} {turn.rows} {turn.columns}")
def test_a_turn_is_undone_and_its_places_are_known(turn):
    plane = np.random.default_rng(0).normal(size=(40, 56)).astype(np.float32)
    turned = turn.of(plane)
    assert turned.shape == turn.shape(plane.shape)
    assert np.array_equal(turn.undone(turned), plane)
    top, left = turn.corner(7, 11, 16, turned.shape)
    assert np.array_equal(turn.undone(turned[top : top + 16, left : left + 16]), plane[7:23, 11:27])
    assert turn.source(top + 8, left + 8, turned.shape) == (15, 19)


@pytest.mark.parametrize("shape", [(16, 16), (17, 300), (96, 100), (191, 250), (193, 251)])
def test_images_of_any_size_are_measured(shape):
    random = np.random.default_rng(4)
    one, other = (random.integers(0, 256, (*shape, 3), np.uint8) for _ in range(2))
    assert evidence(one, one) == 0
    assert np.isfinite(evidence(with_part(one, 0, 0, other[: shape[0] // 2, : shape[1] // 2]), one))
    assert evidence(np.full_like(one, 128), np.full_like(one, 128)) == 0


def test_the_reason_names_the_region_and_the_verdict_is_the_same_as_stored(photo, rainy):
    degraded = with_part(rainy, 64, 101, np.roll(rainy, 16, axis=1)[64:128, 101:165])
    measured = measure("pair", encode(degraded), encode(photo))
    (reason,) = judge_pair(measured, PairThresholds())
    assert (reason.code, reason.setting) == ("locally_misaligned", "max_patch_evidence")
    assert f"row {measured.patch_top} and {measured.patch_bottom}" in reason.text
    assert "16 px away" in reason.text
    assert judge_pair(measured, PairThresholds(max_patch_evidence=100)) == []
    assert judge_pair(measure("pair", encode(rainy), encode(photo)), PairThresholds()) == []
    other = with_part(rainy, 192, 288, scene(5, 320, 480)[192:288, 288:384])
    (reason,) = judge_pair(measure("pair", encode(other), encode(photo)), PairThresholds())
    assert (reason.code, reason.setting) == ("locally_misaligned", "max_foreign_evidence")
