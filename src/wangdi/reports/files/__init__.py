"""The text of a file as it was sent: plain, Word, PDF or a page."""
