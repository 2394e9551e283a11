"""Inference: what other papers say of the same equations, from messages to SAC."""

__all__: list[str] = []
