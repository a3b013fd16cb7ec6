"""How a restored image is judged: the metrics, their TFMA form, and the thresholds of the gate."""
