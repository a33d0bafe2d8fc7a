"""The reference for integrators: `/openapi.json`, drawn from the contract and from what the house
performs, and `/docs`, one page that reads it.

Owns the drawing and the page's files; knows no operation by name. `docs=False` in the settings
leaves the whole door out.
"""
