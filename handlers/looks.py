"""How far two photos' looks are apart. Pure."""


def look_distance(one: str, other: str) -> int:
    """Return how many of 256 bits differ between two looks, hex as ``ReceiptRead.look`` is."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
