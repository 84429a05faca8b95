"""What the cockpit knows, a folder for each subject, the same file names in each.

tables.py (its tables), feed.py (what it does with an incoming message), queries.py (what it
answers, each taking ``at``), overlay.py (its place on the map), panel.py (its place on the
wall), api.py (its routes), and __init__.py, which declares it.
"""
