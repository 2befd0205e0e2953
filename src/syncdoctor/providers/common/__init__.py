"""Rules of OAuth 2.0, transport and HTTP."""
