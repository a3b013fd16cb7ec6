"""Measurements of the pair checks: detection, memory, roles, and the share of the submitting process."""
