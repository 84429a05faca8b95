"""Areas have no tables of their own: the ground is drawn in geo, readings are kept by sensors."""
