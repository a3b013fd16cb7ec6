"""TFDV's names that its public module does not offer: each once, with the reason it is needed and when it can go.

Checked on TFDV 1.16 and 1.17, which both have them at these paths.
"""

from __future__ import annotations

# Statistics of one batch of records without Beam. `tfdv.generate_statistics_from_dataframe` is public, but a frame of pandas
# has no place for a record's lists and missing values. It can go when `tfdv` offers the same for records.
from tensorflow_data_validation.statistics.stats_impl import generate_statistics_in_memory

__all__ = ["generate_statistics_in_memory"]
