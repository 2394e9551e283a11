"""Tabular: MDPs small enough for every path to be counted, and what solves them."""

__all__ = ["cases", "grid", "learners", "mdp", "paths", "policy_iteration", "solvers"]
