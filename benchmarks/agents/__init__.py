"""Agents: trained policies that act again; evaluated, filmed, kept and exported."""

__all__ = ["commands"]
