"""Where telemetry lies: open days in PostgreSQL, sealed days as files of a Delta table, and one way to read both.

PostgreSQL is the arbiter. `days` knows which days are closed, `seal` moves a day and `late` what came after it, each in
steps that may be killed anywhere; `reading` reads both tiers in one snapshot; `five_minutes` is what charts read of
sealed days; `lake` erases. `table` is the only module that touches the Delta table, `conf` the only one that reads the
environment.
"""
