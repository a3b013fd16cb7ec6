"""What several benchmarks need: real and corrupted pairs, a server process, clients that load it."""
