"""Custom integrations: APIs with a key in a header, and the gateways in front of them."""
