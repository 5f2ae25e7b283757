"""Proof of movement: whether a vehicle was driven in a week, from what was measured, with the evidence kept."""
