"""The environments, and what a game is: pixels in, actions out."""
