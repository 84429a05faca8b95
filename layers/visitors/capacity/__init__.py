"""How many people a site may hold, by whose word and from when on; the level that it is on, and what the law asks then.

``levels`` are the rows of levels.toml, ``versions`` the capacities, ``state`` the level of each site as it stands and
stood, ``closing`` who closed a site, ``duties`` the checklist of the Tourism Law.
"""

from layers.visitors.capacity.levels import rules
from layers.visitors.capacity.versions import NONE, Capacity, configure, of, of_sites

__all__ = ["NONE", "Capacity", "configure", "of", "of_sites", "rules"]
