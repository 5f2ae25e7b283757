"""Readers of the files drivers already hold: one pure parser per export format.

A parser takes an `Export` and yields what it finds in file order: a `Car` before its first reading, `Parsed`
messages in the catalog's units, and `Rejected` for everything it refuses, with a stable code that `reasons`
puts into words. A file that cannot be trusted as a whole raises a `FileRefused` that names line and field.
"""
