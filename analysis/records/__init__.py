"""The narrow waist: what a run leaves behind, read and written."""
