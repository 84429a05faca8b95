"""Receiving from a broker what is acknowledged only once it is stored."""
