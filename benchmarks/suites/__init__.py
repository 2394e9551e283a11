"""What to run: suites and settings as files, checked, resolved."""
