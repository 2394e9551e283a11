"""Tables: scores, published scores beside them, and settings, from recorded studies."""

__all__ = ["evaluated", "hyperparameters", "markdown", "scoring"]
