"""A seeded fleet in an invented town, for the demo and for tests. Everything made here is labeled simulated.

The town lies in the open Atlantic, where no road and no home is; its names are made up. The same seed gives the
same town, the same habits and the same readings. Pure except for `fleet`, which stores, and `pages`, which answers.
"""
