"""Pages, by who opens them: buyers (`buying`, `licenses`, `organization`), stewards (`offers`), drivers (`drivers`)."""
