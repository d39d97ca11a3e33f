"""The words of signals: how far one has come, what it was, what they are counted by. Nothing is imported, so that the command line
knows them without NumPy.
"""

from __future__ import annotations

SENT, CHECKED, INVESTIGATED, CLOSED = "sent", "preliminary", "field", "closed"
STATES = (SENT, CHECKED, INVESTIGATED, CLOSED)
"""In their order; a signal may skip the field investigation."""
OUTBREAK, CLUSTER, DATA_FAULT, EXPECTED = "outbreak", "cluster", "data_fault", "expected"
OUTCOMES = (OUTBREAK, CLUSTER, DATA_FAULT, EXPECTED)
"""What a closed signal was. The first two were worth sending."""
WORTH = (OUTBREAK, CLUSTER)
SHOWN = ("open", "overdue", "closed", "all")
"""What lists of signals may be asked for."""
GROUPS = ("subject", "place", "method")
"""What a record is counted by."""
JUDGED = ("outbreaks", "clusters", "data_faults", "as_expected")
"""How many signals of a record were what."""
