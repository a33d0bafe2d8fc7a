"""ListUsers: finding users of a pool by one clause over an indexed attribute.

Owns the filter's grammar and the queries that answer it, page by page. The rows, and how an
attribute is folded for searching, are the users room's.
"""
