"""The verbs on second factors, by what they are about: `pools` for what a pool offers, `tokens` for
software tokens, `preferences` for what users have enabled,
`recovery_codes`.

They stand on top of the wing: they prove access tokens and open a sign-in's sessions. Nobody but
`app` comes to them.
"""
