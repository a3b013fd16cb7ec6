"""Chooses the newest spans and reads them as one data set."""
