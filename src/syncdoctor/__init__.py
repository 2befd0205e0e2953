"""The command-line doctor for integrations with accounting and payment providers."""

__version__ = "0.1.0"
