"""From a paid license to a delivered file.

`claims` decides which worker builds; `consented` asks unions which moments may be used; `hot` fetches measurements
and `query` joins both inside one DuckDB query that writes the file; `manifest` describes it; `delivery` asks for
consent again and hands file, contributions and state over in one transaction. `build` is the order of these steps.
"""
