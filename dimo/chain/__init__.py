"""The only door to the EVM chain. So far it tells whether a chain answers; transactions come with rewards."""
