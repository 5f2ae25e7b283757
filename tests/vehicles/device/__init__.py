"""The reference client for devices."""
