"""Scenes and weather that the tests draw for themselves."""

import io

import cv2
import numpy as np
from PIL import Image


def scene(seed, height=200, width=264):
    """A picture with texture at all scales, objects, and colours: uint8 [H, W, 3]."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for scale in (2, 4, 8, 16, 32, 64):
        coarse = random.normal(size=(height // scale + 2, width // scale + 2, 3)).astype(np.float32)
        picture += 4.0 * np.sqrt(scale) * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture += 110
    for _ in range(25):
        centre = (int(random.integers(width)), int(random.integers(height)))
        axes = (int(random.integers(5, 35)), int(random.integers(5, 35)))
        shade = random.uniform(-60, 60, 3)
        mask = np.zeros((height, width), np.float32)
        cv2.ellipse(mask, centre, axes, float(random.uniform(0, 180)), 0, 360, 1.0, -1, cv2.LINE_AA)
        picture += mask[..., None] * shade
    return np.clip(picture, 0, 235).astype(np.uint8)


def rain(picture, seed, streaks=400, strength=90.0):
    """Adds bright streaks, slanted, blurred, of varying length."""
    random = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.float32)
    slant = random.uniform(-0.3, 0.3)
    for _ in range(streaks):
        x, y, length = random.integers(width), random.integers(height), random.integers(8, 26)
        end = (int(x + slant * length), int(y + length))
        cv2.line(layer, (int(x), int(y)), end, float(random.uniform(0.5, 1)), 1, cv2.LINE_AA)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7)
    return np.clip(picture + strength * layer[..., None], 0, 255).astype(np.uint8)


def haze(picture, transmission=0.55, airlight=220.0):
    """Veils a picture, the more the higher up."""
    depth = np.linspace(1.3, 0.7, picture.shape[0], dtype=np.float32)[:, None, None]
    through = transmission**depth
    return np.clip(picture * through + airlight * (1 - through), 0, 255).astype(np.uint8)


def luma(picture):
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)


def encode(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, kind, **options)
    return buffer.getvalue()
