"""The same library for other programs."""
