"""Measurements of a pair: decoding, registration, appearance, hashes."""
