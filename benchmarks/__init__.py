"""Figures with limits (`make bench`)."""
