"""How the cockpit itself fares, for who runs it: each figure with its state, since when, and what to do."""
