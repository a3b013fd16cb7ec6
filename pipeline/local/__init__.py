"""What only the local runner needs: progress, memory, records, notifications."""
