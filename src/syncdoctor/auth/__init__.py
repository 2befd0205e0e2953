"""Signing in, and keeping tokens."""
