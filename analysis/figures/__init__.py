"""Figures from recorded studies, and how every figure looks."""
