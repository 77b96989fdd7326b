"""Photos are read: safely, honestly, and never at the price of the process."""
