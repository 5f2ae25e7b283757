"""A driver's diary: trips as entries with their day's sums, graphs of one drive, areas by name, the yearly logbook."""
