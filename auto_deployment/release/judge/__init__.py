"""The judge: from what users met to a verdict. Pure, and numpy is all that it needs."""
