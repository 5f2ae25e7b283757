"""The battery over time: how much of it is left, what it loses while parked, and how it stands among like cars."""
