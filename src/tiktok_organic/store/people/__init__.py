"""People who use the page: sign-in, sessions, invitations, security events."""
