"""Statistical returns: a superior's own workbook, what its cells are bound to, and what is filled into them and kept."""
