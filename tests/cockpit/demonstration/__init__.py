"""Tests of cockpit/demonstration."""
