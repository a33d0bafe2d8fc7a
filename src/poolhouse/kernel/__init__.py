"""How any operation is carried out: prove, allow, unit, run, commit, publish.

`perform` is the one path from any door to the one function that answers; `Unit` is the one
place that commits. The kernel knows no room: what it needs from above comes in `Services`.
"""
