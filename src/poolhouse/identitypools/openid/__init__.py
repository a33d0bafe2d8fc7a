"""The OpenID token of identity pools, by which an identity is known to STS and to applications.

Owns `openid_keys`: RS512 keys of the whole server, as AWS has them, not of a pool. Issues tokens
of the basic flow, recognises them, trades them for a role with iam, and says what doors publish
(`publishing`). The developers room comes here for its tokens, roles to recognise them.
"""
