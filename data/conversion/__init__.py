"""The two passes of a conversion: clean images first, then whole pairs."""
