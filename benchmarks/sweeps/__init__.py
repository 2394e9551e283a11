"""Many runs: where they are made, how far they are, how long yet."""
