"""Which alerts exist, to whom they are sent, and how a message is delivered."""
