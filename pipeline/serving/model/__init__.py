"""The served model: loading, signatures, batching, reloading."""
