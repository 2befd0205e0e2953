"""Judgement: what an answer means. Pure."""
