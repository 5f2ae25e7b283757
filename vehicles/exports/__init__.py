"""Everything an account holds, as one archive."""
