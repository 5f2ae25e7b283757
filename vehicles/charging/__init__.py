"""Charging: where sessions begin and end, what they added, and what they cost."""
