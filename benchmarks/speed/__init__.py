"""Speed: training here beside stock Stable-Baselines3, and what records cost of it."""

__all__ = ["commands"]
