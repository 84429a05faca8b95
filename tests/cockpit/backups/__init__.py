"""Backups: which stay, where they go, encrypted, made, and put back."""
