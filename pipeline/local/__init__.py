"""Parts of a run on one machine: its first steps, records, progress, memory, notifications."""
