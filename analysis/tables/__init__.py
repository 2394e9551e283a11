"""Tables from recorded studies, for people and for programs."""
