"""What the city's words mean: fields and their units, code lists, places, populations, and the columns of each table.

Content is data (``catalog/data``); the capabilities meet through the tables declared here and never import each other.
"""
