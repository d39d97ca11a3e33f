"""What a number is a number of: the name a statistician would give it, from the words around it."""
