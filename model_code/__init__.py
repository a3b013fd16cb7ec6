"""The Adaptive Sparse Transformer in TensorFlow: the network, its training, and the SavedModel it ends as."""
