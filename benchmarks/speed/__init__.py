"""How fast training is beside its peers, and what records cost."""
