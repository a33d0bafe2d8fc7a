"""What an application imports: nothing here depends on the server."""
