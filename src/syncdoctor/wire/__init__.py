"""Requests to providers, recorded."""
