"""From one end of the product to the other, as its people walk it."""
