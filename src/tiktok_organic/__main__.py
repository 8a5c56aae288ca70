"""`python -m tiktok_organic`."""

from tiktok_organic.cli import main

main()
