"""What is wrong in print, beside what is right."""
