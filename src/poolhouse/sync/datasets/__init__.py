"""Datasets of an identity: keys and values that its devices share, and how much of them there is.

Owns `sync_datasets` and `sync_records`. Two devices never overwrite each other unseen: every
record has the count of the call that wrote it last, and who names an older one is refused. What
merged identities leave behind comes to the one they were merged into (`inheriting`).
"""
