"""One run: built, trained, recorded, checkpointed and resumed."""
