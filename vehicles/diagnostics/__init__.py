"""The state of a vehicle's health in plain words: fault codes, tires, service, the low-voltage battery."""
