"""A simulator of TikTok's organic API: a stateful server with invented data and injectable faults.

It imports no other module of the package, so that it cannot share our mistakes.
"""

from tiktok_organic.simulator.accounts.account import Account
from tiktok_organic.simulator.accounts.truth import Event, Truth, VideoDay
from tiktok_organic.simulator.endpoints.developer_app import (
    DEMO_CLIENT_KEY,
    DEMO_CLIENT_SECRET,
    DeveloperApp,
)
from tiktok_organic.simulator.faults.ordered_faults import Fault, catalogue
from tiktok_organic.simulator.server.server import Simulator, serve
from tiktok_organic.simulator.settings import Settings
from tiktok_organic.simulator.world import DEMO_USERNAME, World

__all__ = [
    "DEMO_CLIENT_KEY",
    "DEMO_CLIENT_SECRET",
    "DEMO_USERNAME",
    "Account",
    "DeveloperApp",
    "Event",
    "Fault",
    "Settings",
    "Simulator",
    "Truth",
    "VideoDay",
    "World",
    "catalogue",
    "serve",
]
