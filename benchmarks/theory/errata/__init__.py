"""Errata: what is wrong as printed, measured beside its correction."""

__all__ = ["misprint"]
