"""Whether a printed line is one of Darnitsa's goods."""
