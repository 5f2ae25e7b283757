"""What was refused, and who may read it."""
