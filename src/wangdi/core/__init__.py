"""The ground floor: identifiers, dates, periods, problems as values, and where a record came from.

Standard library only. Nothing here knows a form, a rule or a database.
"""
