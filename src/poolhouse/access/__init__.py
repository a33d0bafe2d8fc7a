"""Who may do what, decided purely: nothing here reads a database, a clock or the network.

`sigv4` proves a signature, `policy` evaluates IAM policies, `resources` names what an ask is about.
It owns neither secrets nor policies: whoever asks brings them, and the time. The AWS door comes
back to it for every signed request, the iam room to check what it is about to store.
"""
