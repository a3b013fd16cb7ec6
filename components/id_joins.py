"""Joins of records with ids, in Beam: the ids reach the workers as 16 bytes each, and never the process that submits the job.

A join by CoGroupByKey would shuffle the records, 20 kB each, and the in-memory runner would hold all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import apache_beam as beam

from components.id_digests import digest, pack, unpack


class PackIds(beam.CombineFn):
    """Combines ids to what `is_packed` searches."""

    def create_accumulator(self) -> bytearray:
        """Returns an empty accumulator: bytes that grow without being copied for each id."""
        return bytearray()

    def add_input(self, accumulator: bytearray, element: str) -> bytearray:
        """Adds an id.

        Args:
            accumulator: Digests so far.
            element: The id.

        Returns:
            The same accumulator, grown.
        """
        accumulator += digest(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[bytearray]) -> bytearray:
        """Returns all digests of some accumulators.

        Args:
            accumulators: Digests of parts of the ids.
        """
        return bytearray(b"").join(accumulators)

    def extract_output(self, accumulator: bytearray) -> bytes:
        """Returns the packed set.

        Args:
            accumulator: Digests of all ids.
        """
        return pack(unpack(bytes(accumulator)))


def packed_ids(ids: beam.PCollection, label: str) -> beam.pvalue.AsSingleton:
    """Adds the step that makes a side input of ids.

    Args:
        ids: Ids, text; perhaps none.
        label: Name of the step.

    Returns:
        The side input; a function finds its value with `is_packed`.
    """
    return beam.pvalue.AsSingleton(ids | label >> beam.CombineGlobally(PackIds()))
