"""Writing a work report from figures: composed, checked like anybody's, and rendered as a page, a Word file and JSON."""
