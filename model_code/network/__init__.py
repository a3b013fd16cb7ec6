"""The Adaptive Sparse Transformer (AST; Zhou et al., CVPR 2024)."""
