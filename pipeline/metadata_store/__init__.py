"""ML Metadata's SQLite file: opening it without waiting in silence, who holds it, and what killed runs left in it."""
