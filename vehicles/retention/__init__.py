"""How long exact positions are kept: the owner's choice, and the nightly sweep that carries it out."""
