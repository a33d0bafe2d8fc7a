"""Lock-out after failed sign-ins: how many tries at once, and how long to wait after too many.

Owns `lockouts`. A try is counted, in a commit of its own, before it is judged, so no number of
parallel guesses gets past. Unknown names are counted like users. Sign-in comes here.
"""
