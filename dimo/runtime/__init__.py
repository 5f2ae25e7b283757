"""Starts what the platform needs on one machine: PostgreSQL, Valkey and a local chain from installed packages, then
web, worker and beat. Nothing here imports Django; production names its own services and runs none of this.
"""
