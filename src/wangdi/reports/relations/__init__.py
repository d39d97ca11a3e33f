"""What holds between the claims of a text: found by their numbers, judged by their words, one search a module."""
