"""Settings: your account, general, notifications, people, API tokens."""
