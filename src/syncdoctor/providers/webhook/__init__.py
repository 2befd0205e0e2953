"""Webhooks: deliveries and their signatures."""
