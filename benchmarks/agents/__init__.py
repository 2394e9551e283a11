"""Agents: trained policies, loaded from their weights to act and to be evaluated."""

__all__ = ["commands"]
