"""MYOB Business and AccountRight."""
