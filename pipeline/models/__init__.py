"""The pushed models: listing, comparing, rolling back."""
