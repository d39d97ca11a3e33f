"""A report given back with its claims and what was found beside them: as a page and as a Word file with comments."""
