"""Devices: who they are, what they may, whether their clock is right."""
