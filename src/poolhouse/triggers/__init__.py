"""How a function that a pool names is reached: a Lambda endpoint, a webhook, or a Python callable.

Owns the bindings of ARNs (`functions.toml`), the call itself with its time limit, tries and
limiter, and the record of the last calls. What a function is asked, and what its answer changes,
is the business of `userpools/triggers`.
"""
