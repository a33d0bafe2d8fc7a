"""Poolhouse: a self-hosted identity provider that speaks Amazon Cognito."""
