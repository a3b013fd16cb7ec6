"""The Adaptive Sparse Transformer in NumPy, float64, by the book: what the network's tests hold it to.

Written from the description of the reference, with its state dict's names and layouts, one window and one pixel offset at
a time; it shares nothing with the code under test. Forward only, evaluation mode.
"""

import numpy as np
from scipy.special import erf

HEADS = (1, 2, 4, 8, 16, 16, 8, 4, 2)


class NumpyAst:
    """A state dict (name -> array) with what it takes to run it."""

    def __init__(self, weights, depths, num_heads=HEADS, win_size=8, token_mlp="frfn", img_size=128):
        self.weights = {key: np.asarray(value, np.float64) for key, value in weights.items()}
        self.depths, self.num_heads, self.win_size = depths, num_heads, win_size
        self.token_mlp, self.img_size = token_mlp, img_size

    def __call__(self, images):
        """Restore [B, H, W, 3]; H and W must be multiples of what the windows need."""
        images = np.asarray(images, np.float64)
        x = self.convolve(images, "input_proj.proj.0", stride=1)
        x = np.where(x > 0, x, 0.01 * x)
        skips = []
        for level in range(4):
            x = self.stage(x, f"encoderlayer_{level}", level, self.num_heads[level], attend=False)
            skips.append(x)
            x = self.convolve(x, f"dowsample_{level}.conv.0", stride=2)
        x = self.stage(x, "conv", 4, self.num_heads[4], attend=True)
        for number in range(4):
            x = np.concatenate([self.upsample(x, f"upsample_{number}.deconv.0"), skips.pop()], -1)
            x = self.stage(x, f"decoderlayer_{number}", 3 - number, self.num_heads[5 + number], attend=True)
        return images + self.convolve(x, "output_proj.proj.0", stride=1)

    def stage(self, x, name, level, heads, attend):
        """Run the blocks of a stage; the odd ones have shifted windows."""
        order = [f"encoderlayer_{i}" for i in range(4)] + ["conv"] + [f"decoderlayer_{i}" for i in range(4)]
        for number in range(self.depths[order.index(name)]):
            block = f"{name}.blocks.{number}"
            if attend:
                nominal = self.img_size // 2**level
                size = min(self.win_size, nominal)
                shift = self.win_size // 2 if number % 2 and nominal > self.win_size else 0
                x = x + self.attention(self.norm(x, f"{block}.norm1"), f"{block}.attn", heads, size, shift)
            mlp = self.frfn if self.token_mlp == "frfn" else self.leff
            x = x + mlp(self.norm(x, f"{block}.norm2"), f"{block}.mlp")
        return x

    def norm(self, x, name):
        """Layer normalisation, epsilon 1e-5."""
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def linear(self, x, name):
        """Weights (out, in)."""
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def convolve(self, x, name, stride):
        """Weights (out, in, side, side); one pixel of zeros all round."""
        kernel = self.weights[f"{name}.weight"]
        side = kernel.shape[-1]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        height, width = ((n + 2 - side) // stride + 1 for n in x.shape[1:3])
        out = np.zeros((len(x), height, width, len(kernel)))
        for i in range(side):
            for j in range(side):
                seen = padded[:, i : i + stride * height : stride, j : j + stride * width : stride][:, :height, :width]
                out += seen @ kernel[:, :, i, j].T
        return out + self.weights.get(f"{name}.bias", 0.0)

    def depthwise(self, x, name):
        """Weights (channels, 1, 3, 3)."""
        kernel, (_, height, width, _) = self.weights[f"{name}.weight"], x.shape
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        out = sum(padded[:, i : i + height, j : j + width] * kernel[:, 0, i, j] for i in range(3) for j in range(3))
        return out + self.weights[f"{name}.bias"]

    def upsample(self, x, name):
        """Transposed convolution 2x2 of stride 2, weights (in, out, 2, 2)."""
        kernel, (batch, height, width, _) = self.weights[f"{name}.weight"], x.shape
        out = np.zeros((batch, 2 * height, 2 * width, kernel.shape[1]))
        for i in range(2):
            for j in range(2):
                out[:, i::2, j::2] = x @ kernel[:, :, i, j]
        return out + self.weights[f"{name}.bias"]

    def frfn(self, x, name):
        """A quarter of the channels through a 3x3 convolution, then the gated expansion."""
        part = x.shape[-1] // 4
        x = np.concatenate([self.convolve(x[..., :part], f"{name}.partial_conv3", stride=1), x[..., part:]], -1)
        first, second = np.split(gelu(self.linear(x, f"{name}.linear1.0")), 2, -1)
        return self.linear(gelu(self.depthwise(first, f"{name}.dwconv.0")) * second, f"{name}.linear2.0")

    def leff(self, x, name):
        """Expansion, depthwise convolution, contraction."""
        x = gelu(self.depthwise(gelu(self.linear(x, f"{name}.linear1.0")), f"{name}.dwconv.0"))
        return self.linear(x, f"{name}.linear2.0")

    def attention(self, x, name, heads, size, shift):
        """Shifted windows, one after the other."""
        batch, height, width, _ = x.shape
        x = np.roll(x, (-shift, -shift), (1, 2))
        region = np.zeros((height, width), int)
        if shift:
            for i, rows in enumerate((slice(0, -size), slice(-size, -shift), slice(-shift, None))):
                for j, columns in enumerate((slice(0, -size), slice(-size, -shift), slice(-shift, None))):
                    region[rows, columns] = 3 * i + j
        out = np.zeros_like(x)
        for b in range(batch):
            for top in range(0, height, size):
                for left in range(0, width, size):
                    window = (slice(top, top + size), slice(left, left + size))
                    mixed = self.window(
                        x[b][window].reshape(size * size, -1), region[window].ravel(), name, heads, size
                    )
                    out[b][window] = mixed.reshape(size, size, -1)
        return np.roll(out, (shift, shift), (1, 2))

    def window(self, tokens, region, name, heads, size):
        """Adaptive sparse self-attention of the tokens of one window."""
        table = self.weights[f"{name}.relative_position_bias_table"]
        dense_share, sparse_share = softmax(self.weights[f"{name}.w"])
        q = self.linear(tokens, f"{name}.qkv.to_q")
        k, v = np.split(self.linear(tokens, f"{name}.qkv.to_kv"), 2, -1)
        row, column = np.divmod(np.arange(size * size), size)
        place = (row[:, None] - row + size - 1) * (2 * size - 1) + column[:, None] - column + size - 1
        mask = np.where(region[:, None] == region, 0.0, -100.0)
        outputs = []
        for head, (qh, kh, vh) in enumerate(zip(*(np.split(each, heads, -1) for each in (q, k, v)), strict=True)):
            scores = qh @ kh.T / np.sqrt(qh.shape[-1]) + table[place, head] + mask
            outputs.append((dense_share * softmax(scores) + sparse_share * np.maximum(scores, 0) ** 2) @ vh)
        return self.linear(np.concatenate(outputs, -1), f"{name}.proj")


def gelu(x):
    """The exact one."""
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))


def softmax(x):
    """Over the last axis."""
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)
