"""What the store keeps besides: see the comment above each step."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Each step changes what its comment names."""
