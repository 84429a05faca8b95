"""The checklist of the first hour (上手清单): what a new cockpit needs, counted from the database."""
