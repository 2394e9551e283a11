"""Paper: the equations of Schulman, Chen and Abbeel (2017), section by section."""

__all__ = ["backups", "bandits", "estimators", "log_linear", "mistakes"]
