"""What all drives of a person come to, and where they went."""
