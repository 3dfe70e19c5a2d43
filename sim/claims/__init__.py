"""Claims: small paired experiments that ask the model what it says of each claim of the sources, never tuned to agree."""
