"""What is run: suites, environments, one run, the sweep, the command line."""
