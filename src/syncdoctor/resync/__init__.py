"""Pushing recent records again."""
