"""OGC API - Features 1.0, core and coordinate systems by reference: what layers give to programs of others."""
