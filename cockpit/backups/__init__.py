"""Backups: made by themselves, by a click or a command; packed, encrypted, brought away, opened, put back."""
