"""The model that is served: loading, signatures, batching, reloading."""
