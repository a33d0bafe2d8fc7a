"""What is decided from a pool's settings alone: its schema, its defaults and what it refuses.

`schema` knows the standard attributes and admits custom ones; `settings` turns a request into
kept settings and a kept pool into an answer; `checks` and `tiers` refuse; `tags` is for tags.
"""
