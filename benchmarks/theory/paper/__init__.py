"""The paper's equations, section by section, as checks."""
