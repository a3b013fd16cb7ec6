"""The DataGate: ends a run whose data was refused."""
