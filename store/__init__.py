"""The database: engine, metadata, migrations, and the one representation of time."""
