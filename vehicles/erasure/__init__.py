"""Erasing what a person left here: a vehicle's time, or all of an account; in every store, with a signed certificate.

Asking marks the time (`ErasedTime`): from that commit on no reader is shown it and no dataset holds it. A worker then
goes through the rooms, the topmost first, deletes row by row and file by file, and may be killed at any point: each
step is repeated without harm, and its counts are written in the transaction that deletes.
"""
