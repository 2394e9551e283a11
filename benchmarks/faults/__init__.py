"""Faults that long studies meet, injected one by one into real short runs."""
