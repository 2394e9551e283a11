"""What the commands theory, faults, speed and cost have found."""
