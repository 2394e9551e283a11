"""Control as inference: what other papers say of it."""
