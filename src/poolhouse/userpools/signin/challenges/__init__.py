"""One small module per challenge: `pose` asks it, `answer` judges the answer.

A challenge knows the entrance it is given and the passage that carries its state; which
challenge follows it is decided by `next_step` and carried out by `going_on`.
"""
