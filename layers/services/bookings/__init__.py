"""Bookings of rooms and places: what they are used for, when, and never for two things at once."""
