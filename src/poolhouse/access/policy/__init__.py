"""The IAM policy language: `document` parses, `evaluate` decides, the rest is how they match.

Parsed policies are immutable: parse a text once and keep it. It stores nothing and knows no
principal: the policies of a caller and the facts of a request are handed in. The authority of a
signed caller asks it at each call; the iam room has it read every document before storing it.
"""
