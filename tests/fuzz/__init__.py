"""Fuzzing of the readers of foreign bytes: `make fuzz`, or `python -m tests.fuzz --help`.

A target is a module in `targets/` with one `TARGET` (`frame.Target`). Add one for each reader of bytes that others wrote.
`make test` runs each target on its seeds and on some hundred changes of them (`test_targets.py`).
"""
