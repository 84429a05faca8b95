"""Tests, in the same rooms as the program, and end to end with real servers."""
