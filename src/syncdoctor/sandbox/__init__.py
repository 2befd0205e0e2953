"""The embedded providers."""
