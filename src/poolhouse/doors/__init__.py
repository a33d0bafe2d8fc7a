"""How a request comes in. Each door is independent of the others and decides nothing itself.

`aws` speaks Amazon's wire protocols, `well_known` publishes keys and discovery, `health` and
`docs` are for operators and integrators. Every door hands its asks to `kernel.perform`.
`patience` stands before them all: what a connection may take.
"""
