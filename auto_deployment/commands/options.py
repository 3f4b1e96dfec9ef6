"""Values of options that several commands take."""


def read_share(text: str) -> float:
    """Return the share that 0.005 or 0.5% says; raise `ValueError` for what is no number."""
    number, percent, rest = text.partition("%")
    if rest.strip():
        raise ValueError(text)
    return float(number) / (100 if percent else 1)
