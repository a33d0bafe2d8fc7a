"""What operators and their machines ask: does it live, is it ready, what does it count.

Owns `/health/live`, `/health/ready` and `/metrics`. Answers say as little as they can: no names,
no versions, no reasons. `observe` is handed to the AWS door, which tells of every answer.
"""
