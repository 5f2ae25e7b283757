"""Apps of others, by OAuth 2: who made them, what they may ask for, and the credentials they are given.

Whose data an app reads is not decided here: a scope is an upper bound, the owner's grant (a room's) decides each read.
"""
