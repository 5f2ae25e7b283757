"""The phone as a way in: registered by a key in its browser's keystore, moved from car to car, and its small app."""
