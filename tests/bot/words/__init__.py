"""The words: each text in three languages, as it was reviewed, and where a receipt stands."""
