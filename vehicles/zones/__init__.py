"""Places that a driver hides: drawn, shifted by a secret, and enforced on everything that leaves."""
