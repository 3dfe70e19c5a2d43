"""What runs say: paired what-ifs."""
