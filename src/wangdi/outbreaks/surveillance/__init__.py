"""The daily run: which places have more cases of what than they should, told as signals that somebody looks into."""
