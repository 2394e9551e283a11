"""MDPs as tables, and what is exact on them."""
