"""People who sign in, their sessions, and displays that hang on walls."""
