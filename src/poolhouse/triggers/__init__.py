"""How a function that a pool names is reached: a Lambda endpoint, a webhook, or a Python callable.

Owns the bindings of ARNs (`file` reads them, `bindings` finds one), the call itself (`functions`)
with its time limit, tries and limits, the ways to it (`http`, `processes`), and the record of the
last calls. What a function is asked, and what its answer changes, is the business of
`userpools/triggers`.
"""
